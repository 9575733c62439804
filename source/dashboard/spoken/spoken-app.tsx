import {useEffect, useSyncExternalStore} from 'react';
import {Box, Static, Text, useApp, useInput} from 'ink';
import type {InkHandles} from '../frame/app.js';
import {ControllerProvider, useController, useUi} from '../frame/context.js';
import type {Controller} from '../work/controller.js';
import {changeForm} from '../dialogs/dialog-actions.js';
import {Field} from '../frame/field.js';
import {focusedField} from '../forms/form-state.js';
import {handleInput, typePrompt} from '../keys/input.js';
import type {UiState} from '../state/ui-state.js';
import type {Speaker} from './speaker.js';
import {plain} from './words.js';

type Typing = {
	readonly label: string;
	readonly value: (ui: UiState) => string;
	readonly change: (controller: Controller, value: string) => void;
	readonly revision?: number;
};

const formValue = ({dialog}: UiState): string => dialog?.type === 'form' ? dialog.form.values[focusedField(dialog.form).name] ?? '' : '';

/** The focused text field. */
const typingOf = ({prompt, dialog}: UiState): Typing | undefined => {
	if (prompt) {
		return {label: prompt.title, value: ui => ui.prompt?.value ?? '', change: typePrompt};
	}

	if (dialog?.type === 'jump') {
		return {
			label: 'Jump to',
			value: ui => ui.dialog?.type === 'jump' ? ui.dialog.text : '',
			change(controller, text) {
				const {dialog: current} = controller.getState();
				if (current?.type === 'jump') {
					controller.set({dialog: {...current, text, index: 0}});
				}
			},
		};
	}

	if (dialog?.type !== 'form' || focusedField(dialog.form).type !== 'text') {
		return undefined;
	}

	return {
		label: focusedField(dialog.form).label,
		value: formValue,
		change(controller, value) {
			changeForm(controller, {type: 'change', value});
		},
		revision: dialog.form.revision,
	};
};

/** The text field; the only line that is ever redrawn. */
const Answer = () => {
	const controller = useController();
	const ui = useUi();
	const typing = typingOf(ui);
	if (!typing) {
		return null;
	}

	const {label, value, change, revision} = typing;
	return (
		<Box aria-role='textbox'>
			<Text>{`${plain(label)}:`}</Text>
			<Field
				key={`${label} ${revision ?? ''}`}
				value={value(ui)}
				latest={() => value(controller.getState())}
				onChange={changed => {
					change(controller, changed);
				}}
			/>
		</Box>
	);
};

const Transcript = ({speaker}: {readonly speaker: Speaker}) => {
	const controller = useController();
	const {chapter, lines} = useSyncExternalStore(speaker.subscribe, speaker.said, speaker.said);
	useInput((input, key) => {
		speaker.awaitAnswer();
		handleInput(controller, input, key);
	});
	return (
		<>
			<Static key={chapter} items={[...lines]}>{(line, index) => <Text key={index}>{line}</Text>}</Static>
			<Answer/>
		</>
	);
};

type SpokenAppProps = {
	readonly controller: Controller;
	readonly speaker: Speaker;
	readonly onReady: (handles: InkHandles) => void;
};

/** The dashboard for screen readers: lines that are printed once and never redrawn. */
export const SpokenApp = ({controller, speaker, onReady}: SpokenAppProps) => {
	const {suspendTerminal, exit} = useApp();
	useEffect(() => {
		onReady({suspendTerminal, exit});
	}, [onReady, suspendTerminal, exit]);
	return <ControllerProvider value={controller}><Transcript speaker={speaker}/></ControllerProvider>;
};
