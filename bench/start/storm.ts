/**
 * Saves without end, until it is told to stop: `node storm.ts FOLDER TENANTS ROUTERS SAVES` (routers of each, saves a second of all
 * together). Says how many saves it came to, which is fewer on a busy machine.
 */
import { router, save } from './routers.ts'

const [routers = '', ...settings] = process.argv.slice(2)
const [owners = 1, each = 1, perSecond = 1000] = settings.map(Number)
const started = performance.now()
let saves = 0

process.on('SIGTERM', () => {
  const seconds = (performance.now() - started) / 1000
  console.log(`  a storm of ${owners} × ${each} routers: ${(saves / seconds).toFixed(0)} saves a second`)
  process.exit()
})

for (;;) {
  const due = ((performance.now() - started) * perSecond) / 1000
  // What cannot be kept up with is not made up for: this has to hear that it is to stop.
  for (let count = Math.min(due - saves, perSecond / 50); count > 0; count--) {
    const text = router('storm').replace('nothing', `${saves}`)
    save(routers, `storm${saves % owners}`, text, `r${Math.floor(saves / owners) % each}`)
    saves++
  }
  await new Promise((resume) => setTimeout(resume, 5))
}
