import './node_modules/firstword-player/player/element.js';
import { play } from './node_modules/firstword-player/player/index.js';

window.play = play;
