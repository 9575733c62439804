import type {Controller} from './controller.js';

/** What each action does, by its name in the key map. */
export type Actions = Readonly<Record<string, (controller: Controller) => void | Promise<void>>>;
