// The shell: tabs, and the key. A tab is a button and a panel in index.html, and a module with
// `mount(panel)`, which is called when the tab is first opened and gives back what a tab can do:
// `shown()` whenever it is opened, `keyChanged()` when another key is used, and, if it likes, `hidden()` when
// another tab is opened.

import { key } from './api.js';
import * as converse from './converse.js';
import { byId } from './elements.js';
import * as listen from './listen.js';
import * as speak from './speak.js';
import * as status from './status.js';

const MODULES = { speak, listen, converse, status };
const names = Object.keys(MODULES);
const mounted = {};

function open(name, { focus = false } = {}) {
  for (const other of names) {
    const tab = byId(`tab-${other}`);
    const selected = other === name;
    tab.setAttribute('aria-selected', String(selected));
    tab.tabIndex = selected ? 0 : -1; // one stop for the keyboard; arrows go from tab to tab
    const panel = byId(`panel-${other}`);
    if (!selected && !panel.hidden) mounted[other]?.hidden?.();
    panel.hidden = !selected;
  }
  if (focus) byId(`tab-${name}`).focus();
  history.replaceState(null, '', `#${name}`);
  mounted[name] ??= MODULES[name].mount(byId(`panel-${name}`));
  mounted[name].shown();
}

function move(event) {
  const at = names.findIndex((name) => byId(`tab-${name}`) === event.target);
  const steps = { ArrowRight: at + 1, ArrowLeft: at - 1 + names.length, Home: 0, End: names.length - 1 };
  if (at < 0 || !(event.key in steps)) return;
  event.preventDefault();
  open(names[steps[event.key] % names.length], { focus: true });
}

for (const name of names) byId(`tab-${name}`).addEventListener('click', () => open(name));
document.querySelector('[role="tablist"]').addEventListener('keydown', move);

byId('key').value = key.value;
byId('key').addEventListener('change', (event) => {
  key.value = event.target.value.trim();
  for (const tab of Object.values(mounted)) tab.keyChanged();
});

/** The tab that the address names. */
const asked = () => names.find((name) => location.hash === `#${name}`);

addEventListener('hashchange', () => asked() && open(asked()));
open(asked() ?? names[0]);
