// Puts what the package is made of beside its package.json, while it is packed: the player is the page's own.

import { cpSync, rmSync } from 'node:fs';

const parts = { player: '../src/firstword/server/static/player', LICENSE: '../LICENSE', NOTICE: '../NOTICE' };
const here = (path) => new URL(path, import.meta.url);

for (const [name, home] of Object.entries(parts)) {
  rmSync(here(name), { recursive: true, force: true });
  if (process.argv[2] !== '--clear') cpSync(here(home), here(name), { recursive: true });
}
