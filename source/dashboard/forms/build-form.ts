import {parseReference} from '../../rules/images/reference.js';
import type {FormDefinition} from './form-state.js';

const isReference = (text: string): boolean => {
	try {
		parseReference(text);
		return true;
	} catch {
		return false;
	}
};

/** The form of an image that is built from a directory. */
export const buildForm: FormDefinition = {
	title: 'Build an image',
	fields: [
		{name: 'directory', label: 'Directory', hint: 'with a Dockerfile', type: 'text'},
		{name: 'tag', label: 'Tag', hint: 'shop-web:2', type: 'text'},
	],
	commandLine: ({directory, tag}) => ['build', '--tag', tag ?? '', directory ?? ''],
	validate({directory = '', tag = ''}) {
		return {
			...directory === '' && {directory: 'needed; . is this one'},
			...!isReference(tag) && {tag: 'not a name such as shop-web:2'},
		};
	},
	request: ({directory = '', tag = ''}) => ({type: 'build', directory, tag}),
};
