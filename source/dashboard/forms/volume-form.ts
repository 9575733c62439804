import {parseLabels} from '../../flags/environment.js';
import {parseName} from '../../flags/names.js';
import {errorsOf, type Checks} from './checks.js';
import type {FormDefinition} from './form-state.js';
import {splitWords} from './words.js';

const checks: Checks = [
	['name', (value, {volumes}) => {
		if (value !== '') {
			parseName('volume', value);
			if (volumes.some(({name}) => name === value)) {
				throw new Error(`a volume ${value} exists already`);
			}
		}
	}],
	['labels', value => {
		parseLabels(splitWords(value));
	}],
];

/** The form of a new volume. */
export const volumeForm: FormDefinition = {
	title: 'New volume',
	fields: [
		{name: 'name', label: 'Name', hint: 'generated', type: 'text'},
		{name: 'labels', label: 'Labels', hint: 'KEY=VALUE …', type: 'text'},
	],
	commandLine: ({name, labels = ''}) => ['volume', 'create', ...splitWords(labels).flatMap(label => ['--label', label]), ...(name ? [name] : [])],
	validate: (values, snapshot) => errorsOf(checks, values, snapshot),
	request: ({name, labels = ''}) => ({type: 'volume', configuration: {...(name && {name}), labels: parseLabels(splitWords(labels))}}),
};
