-- The same decision as in router.ts: a GET goes upstream.
core.register_converters('route', function(data)
  if string.sub(data, 1, 4) == 'GET ' then return 'origin' end
  return 'none'
end)
