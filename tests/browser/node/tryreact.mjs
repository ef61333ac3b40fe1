import { drive } from './drive.mjs';
await drive(process.argv[2], async (page) => {
  page.on('console', (m) => console.error(m.text()));
  await page.evaluate(() => { const {addModule} = AudioWorklet.prototype; window.mods=[]; AudioWorklet.prototype.addModule = function(u){ const p = addModule.call(this,u); p.then(()=>window.mods.push(['ok',u]),(e)=>window.mods.push([String(e),u])); return p;}; });
  await page.getByRole('button', {name:'Speak'}).click();
  await page.waitForFunction(() => document.querySelector('output').textContent, null, {timeout: 8000}).catch(()=>{});
  return { mods: await page.evaluate(() => window.mods), out: await page.locator('output').textContent(), button: await page.locator('button').textContent()};
});
