import {useRef, type RefObject} from 'react';
import {useInput} from 'ink';
import TextInput from 'ink-text-input';
import {clean} from '../../text/fit.js';

type FieldProps = {
	readonly value: string;
	readonly placeholder?: string;
	readonly isFocused?: boolean;
	/** The text as it is now, which may be further than what was drawn last. */
	readonly latest: () => string;
	readonly onChange: (value: string) => void;
};

/** What was done to the text that was drawn, done to the text as it is: keys come faster than frames where the machine is busy. */
export const rebase = (drawn: string, changed: string, latest: string): string => {
	if (drawn === latest) {
		return changed;
	}

	const more = changed.length - drawn.length;
	if (more < 0) {
		return latest.slice(0, more);
	}

	let start = 0;
	while (start < drawn.length && drawn[start] === changed[start]) {
		start++;
	}

	return latest + changed.slice(start, start + more);
};

type ShortcutsProps = Pick<FieldProps, 'latest' | 'onChange'> & {
	/** Tells whether the last key was one of control. */
	readonly controlKey: RefObject<boolean>;
};

/** Stands before the field, so that it sees each key first: the field itself takes Ctrl-U for a u. */
const Shortcuts = ({controlKey, latest, onChange}: ShortcutsProps) => {
	useInput((input, key) => {
		controlKey.current = key.ctrl || key.meta || key.escape;
		if (key.ctrl && input === 'u') {
			onChange('');
		} else if (key.ctrl && input === 'w') {
			const value = latest();
			onChange(value.slice(0, value.trimEnd().lastIndexOf(' ') + 1));
		}
	});
	return null;
};

/** A line of text that is typed. What is pasted is one line of what can be shown. */
export const Field = ({value, placeholder, isFocused = true, latest, onChange}: FieldProps) => {
	const controlKey = useRef(false);
	return (
		<>
			{isFocused && <Shortcuts controlKey={controlKey} latest={latest} onChange={onChange}/>}
			<TextInput
				value={value}
				placeholder={placeholder}
				focus={isFocused}
				onChange={changed => {
					if (!controlKey.current) {
						// Enter may come in one piece with what was typed before it, and is the form's.
						onChange(clean(rebase(value, changed, latest()).replace(/[\n\r]$/v, '').replaceAll(/[\t\n\r]+/gv, ' ')));
					}
				}}
			/>
		</>
	);
};
