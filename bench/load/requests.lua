-- For wrk: one connection for each request, and which requests have first bytes of their own. `ALIKE` of ten are the same.
local alike = tonumber(os.getenv('ALIKE'))
-- Two runs never say the same: a proxy may remember the one before.
local run = os.getenv('RUN')
local rest = ' HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n'
local count = 0

function request()
  count = count + 1
  if count % 10 < alike then return 'GET /' .. rest end
  return 'GET /' .. run .. count .. rest
end
