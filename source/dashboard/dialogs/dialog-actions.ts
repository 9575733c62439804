import type {Engine} from '../../engine/engine.js';
import type {Actions} from '../work/actions.js';
import type {Controller, Data, Setting, View, Work} from '../work/controller.js';
import {failureOf} from '../work/execute.js';
import {completionsOf, reduceForm, focusedField, type FormAction, type FormState, type Request} from '../forms/form-state.js';
import {lastTop} from './dialog-extent.js';

const close = ({getState, set}: View) => {
	const {dialog} = getState();
	set({dialog: dialog?.type === 'failures' ? dialog.after : undefined});
};

const scroll = (by: number) => (controller: View & Data & Setting) => {
	const {dialog} = controller.getState();
	if (dialog?.type === 'choose') {
		const {length} = dialog.choices;
		controller.set({dialog: {...dialog, index: Math.max(0, Math.min(length - 1, dialog.index + by))}});
	} else if (dialog && 'top' in dialog) {
		controller.set({dialog: {...dialog, top: Math.max(0, Math.min(dialog.top + by, lastTop(controller, dialog)))}});
	}
};

const accept = (controller: View & Work) => {
	const {dialog} = controller.getState();
	close(controller);
	if (dialog?.type === 'confirm' && dialog.isAccepting) {
		void controller.execute(dialog.plan, {isConfirmed: true});
	} else if (dialog?.type === 'choose') {
		const choice = dialog.choices[dialog.index];
		if (choice) {
			dialog.take(choice.id);
		}
	}
};

export const dialogActions: Actions = {
	'dialog.up': scroll(-1),
	'dialog.down': scroll(1),
	'dialog.pageUp': scroll(-10),
	'dialog.pageDown': scroll(10),
	'dialog.first': scroll(-Infinity),
	'dialog.last': scroll(Infinity),
	'dialog.other'({getState, set}) {
		const {dialog} = getState();
		if (dialog?.type === 'confirm') {
			set({dialog: {...dialog, isAccepting: !dialog.isAccepting}});
		}
	},
	'dialog.accept': accept,
	'dialog.yes'(controller) {
		const {dialog} = controller.getState();
		if (dialog?.type === 'confirm') {
			close(controller);
			void controller.execute(dialog.plan, {isConfirmed: true});
		}
	},
	'dialog.close': close,
};

export const changeForm = ({getState, set}: View, action: FormAction) => {
	const {dialog} = getState();
	if (dialog?.type === 'form') {
		set({dialog: {...dialog, form: reduceForm(dialog.form, action)}});
	}
};

const create = async (engine: Engine, request: Exclude<Request, {type: 'build'}>): Promise<string> => {
	switch (request.type) {
		case 'network': {
			await engine.createNetwork(request.configuration);
			return request.configuration.name;
		}

		case 'volume': {
			return (await engine.createVolume(request.configuration)).name;
		}

		case 'container': {
			const {id} = await engine.createContainer(request.configuration);
			if (request.isStarted) {
				await engine.startContainer(id);
			}

			return request.configuration.name ?? 'The container';
		}
	}
};

const send = async (controller: View & Work & Setting, form: FormState) => {
	const {definition, values} = form;
	const request = definition.request(values);
	if (request.type === 'build') {
		const {build} = await import('../views/build.js');
		await build(controller, request, form);
		return;
	}

	const name = request.configuration.name ?? `a ${request.type}`;
	await controller.work(`Creating ${name}`, async engine => {
		try {
			controller.notify(`${await create(engine, request)} was created`);
		} catch (error) {
			// The form reopens with its values after the failure is closed.
			controller.open({type: 'failures', title: `${request.configuration.name ?? `The ${request.type}`} was not created`, failures: [failureOf(definition.title, error)], after: {type: 'form', form}});
		}
	});
};

/** Submits a valid form; otherwise shows the errors and focuses the first invalid field. */
export const submitForm = (controller: Controller) => {
	const {dialog} = controller.getState();
	const {snapshot} = controller.store.getState();
	if (dialog?.type !== 'form' || !snapshot) {
		return;
	}

	const {form} = dialog;
	const errors = form.definition.validate(form.values, snapshot);
	changeForm(controller, {type: 'submit', errors});
	if (Object.keys(errors).length === 0) {
		close(controller);
		void send(controller, form);
	}
};

/** Tab: completes the typed text, or moves to the next field. */
export const completeOrNext = (controller: View & Data) => {
	const {dialog} = controller.getState();
	const {snapshot} = controller.store.getState();
	if (dialog?.type === 'form' && snapshot) {
		const {form} = dialog;
		const hasText = (form.values[focusedField(form).name] ?? '') !== '';
		const hasCompletion = hasText && completionsOf(form, snapshot).length > 0 && focusedField(form).name !== 'subnet';
		changeForm(controller, hasCompletion ? {type: 'complete', snapshot} : {type: 'next'});
	}
};
