import {useRef, type RefObject} from 'react';
import {useInput} from 'ink';
import TextInput from 'ink-text-input';
import {clean} from './text.js';

type FieldProps = {
	readonly value: string;
	readonly placeholder?: string;
	readonly isFocused?: boolean;
	readonly onChange: (value: string) => void;
};

/** Stands before the field, so that it sees each key first: the field itself takes Ctrl-U for a u. */
const Shortcuts = ({isControl, value, onChange}: Pick<FieldProps, 'value' | 'onChange'> & {readonly isControl: RefObject<boolean>}) => {
	useInput((input, key) => {
		isControl.current = key.ctrl || key.meta || key.escape;
		if (key.ctrl && input === 'u') {
			onChange('');
		} else if (key.ctrl && input === 'w') {
			onChange(value.slice(0, value.trimEnd().lastIndexOf(' ') + 1));
		}
	});
	return null;
};

/** A line of text that is typed. What is pasted is one line of what can be shown. */
export const Field = ({value, placeholder, isFocused = true, onChange}: FieldProps) => {
	const isControl = useRef(false);
	return (
		<>
			{isFocused && <Shortcuts isControl={isControl} value={value} onChange={onChange}/>}
			<TextInput
				value={value}
				placeholder={placeholder}
				focus={isFocused}
				onChange={changed => {
					if (!isControl.current) {
						// Enter may come in one piece with what was typed before it, and is the form's.
						onChange(clean(changed.replace(/[\n\r]$/v, '').replaceAll(/[\t\n\r]+/gv, ' ')));
					}
				}}
			/>
		</>
	);
};
