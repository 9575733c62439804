import type {Controller} from './controller.js';

/** Implementations of actions, by the action's name in the key map. */
export type Actions = Readonly<Record<string, (controller: Controller) => void | Promise<void>>>;
