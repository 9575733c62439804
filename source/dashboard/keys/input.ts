import type {Key} from 'ink';
import {activityActions} from '../activity/activity-actions.js';
import type {Actions} from '../work/actions.js';
import {targetBuilder} from '../builder/builder-actions.js';
import {containersActions} from '../containers/containers-actions.js';
import type {Controller, Data, Setting, View} from '../work/controller.js';
import {
	changeForm,
	dialogActions,
	moveRight,
	nextField,
	pickChoice,
	submitForm,
} from '../dialogs/dialog-actions.js';
import {failureOf} from '../work/execute.js';
import {focusedField} from '../forms/form-state.js';
import {globalActions, listActions} from '../work/global-actions.js';
import {inspectActions} from '../inspect/inspect-actions.js';
import {logsActions} from '../logs/logs-actions.js';
import {networksActions} from '../networks/networks-actions.js';
import type {UiState} from '../state/ui-state.js';
import {textViewActions, viewActions} from '../views/view-actions.js';
import {foundBy, withRecent} from '../jump/jump-state.js';
import {jumpTo} from '../jump/jump-actions.js';
import {actionOf, continuationsOf, describeKey, keyNames, type Binding, type KeyName} from './keys.js';
import type {KeyMaps} from './key-maps.js';
import {activeMaps, placeOf} from './active-maps.js';

const actions: Actions = {
	...globalActions,
	...listActions,
	...containersActions,
	...networksActions,
	...logsActions,
	...inspectActions,
	...viewActions,
	...textViewActions,
	...dialogActions,
	...activityActions,
};

/** Why an action is disabled now; undefined if it is enabled. */
export const disabledReason = (controller: View & Data & Setting, binding: Binding): string | undefined => {
	const {isReadOnly, store} = controller;
	if (binding.notFor === 'builder' && targetBuilder(controller)) {
		return `${binding.title}: not for the builder`;
	}

	if (!binding.changes) {
		return undefined;
	}

	if (isReadOnly) {
		return `${binding.title}: refused, the dashboard is read-only`;
	}

	return store.getState().connection.state === 'connected' ? undefined : `${binding.title}: not available, the engine is not connected`;
};

/** Runs the action of a binding, or shows why it is disabled. */
export const perform = (controller: Controller, binding: Binding) => {
	const refusal = disabledReason(controller, binding);
	if (refusal !== undefined) {
		controller.notify(refusal);
		return;
	}

	const run = async () => {
		try {
			await actions[binding.action]?.(controller);
		} catch (error) {
			controller.fail(binding.title, [failureOf(binding.title, error)]);
		}
	};

	void run();
};

const onPrompt = (controller: View, name: KeyName) => {
	const {prompt} = controller.getState();
	if (!prompt) {
		return;
	}

	if (name === 'escape' || name === 'ctrl+c') {
		controller.set({prompt: undefined});
		prompt.cancel?.();
	} else if (name === 'return') {
		controller.set({prompt: undefined});
		prompt.submit(prompt.value);
	}
};

const onForm = (controller: Controller, name: KeyName) => {
	const {dialog} = controller.getState();
	const isSwitch = dialog?.type === 'form' && focusedField(dialog.form).type === 'switch';
	if (name === 'escape' || name === 'ctrl+c') {
		controller.set({dialog: undefined});
	} else if (name === 'return') {
		submitForm(controller);
	} else if (name === 'tab' || name === 'down') {
		nextField(controller, 'next');
	} else if (name === 'up' || name === 'shift+tab') {
		nextField(controller, 'previous');
	} else if (name === 'ctrl+n' || name === 'ctrl+p') {
		pickChoice(controller, name === 'ctrl+n' ? 1 : -1);
	} else if (isSwitch && ['space', 'left', 'right'].includes(name)) {
		changeForm(controller, {type: 'toggle'});
	} else if (name === 'left') {
		changeForm(controller, {type: 'left'});
	} else if (name === 'right') {
		moveRight(controller);
	}
};

const toPlace = (controller: View, place: keyof KeyMaps) => {
	if (place === 'containers' || place === 'networks' || place === 'logs') {
		controller.set({view: 'main', focus: place});
	} else if (place !== 'global' && place !== 'list' && place !== 'textView' && place !== 'dialog' && (place !== 'inspect' || controller.getState().inspect)) {
		controller.set({view: place});
	}
};

// Rows that a page of the jump field moves over.
const jumpPage = 10;

const jumpSteps: Readonly<Record<KeyName, number>> = {
	up: -1, down: 1, 'ctrl+p': -1, 'ctrl+n': 1, 'shift+tab': -1, tab: 1, pageup: -jumpPage, pagedown: jumpPage,
};

const onJump = (controller: Controller, name: KeyName) => {
	const {dialog, recent} = controller.getState();
	if (dialog?.type !== 'jump') {
		return;
	}

	const {entries} = foundBy(dialog, controller.getState());
	const step = jumpSteps[name];
	if (name === 'escape' || name === 'ctrl+c') {
		controller.set({dialog: undefined});
	} else if (step !== undefined) {
		controller.set({dialog: {...dialog, index: Math.max(0, Math.min(entries.length - 1, dialog.index + step))}});
	} else if (name === 'return') {
		const entry = entries[dialog.index];
		if (!entry) {
			return;
		}

		const {key, target, label} = entry;
		controller.set({dialog: undefined, recent: withRecent(recent, key)});
		if (target.type !== 'action') {
			jumpTo(controller, target, label);
			return;
		}

		if (placeOf(controller.getState()) !== target.place) {
			toPlace(controller, target.place);
		}

		perform(controller, target.binding);
	}
};

// Milliseconds to wait for the rest of a sequence whose beginning is bound by itself.
const sequenceDelay = 500;

/** Handles a key that is not text input: alone or as part of a sequence. */
const onCommand = (controller: Controller, name: KeyName) => {
	const {getState, keyMaps, set} = controller;
	const {pending} = getState();
	const maps = () => getState().dialog ? [keyMaps.dialog] : activeMaps(controller);
	pending?.stop();
	set({pending: undefined});
	if (pending && (name === 'escape' || name === 'ctrl+c')) {
		return;
	}

	const keys = pending ? `${pending.keys} ${name}` : name;
	const binding = actionOf(keys, maps());
	if (continuationsOf(keys, maps()).length > 0) {
		const timer = binding && setTimeout(() => {
			set({pending: undefined});
			// A dialog may have opened meanwhile.
			if (actionOf(keys, maps()) === binding) {
				perform(controller, binding);
			}
		}, sequenceDelay);
		set({
			pending: {
				keys,
				stop() {
					clearTimeout(timer);
				},
			},
		});
	} else if (binding) {
		perform(controller, binding);
	} else if (pending) {
		const before = actionOf(pending.keys, maps());
		if (before) {
			perform(controller, before);
			onCommand(controller, name);
		} else {
			controller.notify(`${describeKey(keys)} is not bound`);
		}
	}
};

const onKey = (controller: Controller, name: KeyName) => {
	const {dialog, prompt, notice} = controller.getState();
	if (controller.isSpoken && (prompt ?? dialog) && name === 'ctrl+l') {
		controller.terminal.redraw();
	} else if (prompt) {
		onPrompt(controller, name);
	} else if (dialog?.type === 'form') {
		onForm(controller, name);
	} else if (dialog?.type === 'jump') {
		onJump(controller, name);
	} else {
		if (notice !== '') {
			controller.set({notice: ''});
		}

		onCommand(controller, name);
	}
};

const isTyping = ({prompt, dialog}: UiState) => prompt !== undefined || dialog?.type === 'jump' || dialog?.type === 'form';

/** Appends a character that arrived in one chunk with the key that opened the field. */
const typeInto = (controller: View, character: string) => {
	const {prompt, dialog} = controller.getState();
	if (prompt) {
		typePrompt(controller, prompt.value + character);
	} else if (dialog?.type === 'jump') {
		controller.set({dialog: {...dialog, text: dialog.text + character, index: 0}});
	}
};

/** Sets the text of the prompt. */
export const typePrompt = (controller: View, value: string) => {
	const {prompt} = controller.getState();
	if (prompt) {
		controller.set({prompt: {...prompt, value}});
		prompt.change?.(value);
	}
};

/** Handles a chunk of input from Ink. A focused text field handles characters itself. */
export const handleInput = (controller: Controller, input: string, key: Partial<Key>) => {
	controller.store.touch();
	const wasTyping = isTyping(controller.getState());
	const names = keyNames(input, key);
	if (wasTyping && names.length > 1) {
		// The field handles the characters after this function; Enter must submit the new text.
		if (names.at(-1) === 'return') {
			queueMicrotask(() => {
				onKey(controller, 'return');
			});
		}

		return;
	}

	for (const name of names) {
		const isCharacter = name === 'space' || [...name].length === 1;
		if (!wasTyping && isCharacter && isTyping(controller.getState())) {
			typeInto(controller, name === 'space' ? ' ' : name);
		} else {
			onKey(controller, name);
		}
	}
};
