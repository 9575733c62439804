import {useRef, type RefObject} from 'react';
import {useInput} from 'ink';
import TextInput from 'ink-text-input';
import {clean} from '../../text/fit.js';

type FieldProps = {
	readonly value: string;
	readonly placeholder?: string;
	readonly isFocused?: boolean;
	/** The current text; may be newer than `value`, which was rendered last. */
	readonly latest: () => string;
	readonly onChange: (value: string) => void;
};

/** Applies an edit of the rendered text to the latest text: keys may come faster than frames. */
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
	/** Whether the last key had Ctrl or Alt, or was Escape. */
	readonly controlKey: RefObject<boolean>;
};

/** Handles Ctrl-U and Ctrl-W. Rendered before the field to get each key first: `TextInput` takes Ctrl-U for a u. */
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

/** A one-line text field. Pasted text becomes one line without control characters. */
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
						// Enter may arrive in one chunk with the text before it; the form handles it.
						onChange(clean(rebase(value, changed, latest()).replace(/[\n\r]$/v, '').replaceAll(/[\t\n\r]+/gv, ' ')));
					}
				}}
			/>
		</>
	);
};
