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

/** The form that builds an image from a directory. */
export const buildForm: FormDefinition = {
	title: 'Build an image',
	fields: [
		{name: 'directory', label: 'Directory', hint: 'with a Dockerfile', type: 'text'},
		{name: 'tag', label: 'Tag', hint: 'shop-web:2', type: 'text'},
	],
	commandLine: ({directory, tag}) => ['build', '--tag', tag ?? '', directory ?? ''],
	validate({directory = '', tag = ''}) {
		return {
			...directory === '' && {directory: 'required; . is the working directory'},
			...!isReference(tag) && {tag: 'not a valid tag, such as shop-web:2'},
		};
	},
	request: ({directory = '', tag = ''}) => ({type: 'build', directory, tag}),
};
