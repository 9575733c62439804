import type {Snapshot} from '../../engine/snapshot.js';
import {runArguments} from '../../flags/run-arguments.js';
import {configurationOf, type ContainerFlags} from '../../flags/configuration.js';
import {parseName} from '../../flags/names.js';
import {parsePublish} from '../../flags/ports.js';
import {parseNetwork} from '../../flags/networks.js';
import {parseCpus, parseSize} from '../../flags/sizes.js';
import {parseVolume} from '../../flags/mounts.js';
import {parseArguments} from '../../flags/parse-arguments.js';
import {shortImage} from '../containers/rows.js';
import {errorsOf, type Checks} from './checks.js';
import type {FormDefinition, Values} from './form-state.js';
import {splitWords} from './words.js';

const flagNames: ReadonlyArray<readonly [field: string, flag: string]> = [
	['networks', '--network'],
	['ports', '--publish'],
	['environment', '--env'],
	['volumes', '--volume'],
];

const wordsOf = (text: string | undefined): readonly string[] => splitWords(text ?? '');

const commandLine = (values: Values): readonly string[] => [
	values.start === 'yes' ? 'run' : 'create',
	...(values.start === 'yes' ? ['--detach'] : []),
	...(values.name ? ['--name', values.name] : []),
	...flagNames.flatMap(([field, flag]) => wordsOf(values[field]).flatMap(word => [flag, word])),
	...(values.cpus ? ['--cpus', values.cpus] : []),
	...(values.memory ? ['--memory', values.memory] : []),
	...(values.terminal === 'yes' ? ['--tty', '--interactive'] : []),
	values.image ?? '',
	...wordsOf(values.command),
];

const imagesOf = ({images}: Snapshot) => images.flatMap(({tags}) => tags).map(tag => shortImage(tag));

const checks: Checks = [
	['image', value => {
		if (value === '') {
			throw new Error('an image is required');
		}

		if (/\s/v.test(value)) {
			throw new Error('an image name has no spaces');
		}
	}],
	['name', (value, {containers}) => {
		if (value !== '') {
			parseName('container', value);
			if (containers.some(({name}) => name === value)) {
				throw new Error(`a container ${value} exists already`);
			}
		}
	}],
	['networks', (value, {networks}) => {
		for (const word of wordsOf(value)) {
			const {network} = parseNetwork(word);
			if (!['none', 'default', 'bridge'].includes(network) && !networks.some(({name, id}) => name === network || id.startsWith(network))) {
				throw new Error(`no such network: ${network}`);
			}
		}
	}],
	['ports', (value, {containers}) => {
		for (const {hostPort, protocol} of wordsOf(value).flatMap(word => parsePublish(word))) {
			const holder = containers.find(({ports, status}) => status.state === 'running' && hostPort !== 0 && ports.some(port => port.hostPort === hostPort && port.protocol === protocol));
			if (holder) {
				throw new Error(`port ${hostPort} is published by ${holder.name}`);
			}
		}
	}],
	['environment', value => {
		for (const word of wordsOf(value)) {
			if (!/^[^=]+=/v.test(word)) {
				throw new Error(`${word} is not KEY=VALUE`);
			}
		}
	}],
	['volumes', value => {
		for (const word of wordsOf(value)) {
			parseVolume(word, '/');
		}
	}],
	['cpus', value => {
		if (value !== '') {
			parseCpus(value);
		}
	}],
	['memory', value => {
		if (value !== '') {
			parseSize('--memory', value);
		}
	}],
	['command', value => {
		wordsOf(value);
	}],
];

/** The form of a new container. The parser of `holm run` turns its values into a configuration. */
export const containerForm: FormDefinition = {
	title: 'New container',
	fields: [
		{name: 'image', label: 'Image', hint: 'redis:alpine', type: 'text', choices: imagesOf},
		{name: 'name', label: 'Name', hint: 'generated', type: 'text'},
		{name: 'networks', label: 'Networks', hint: 'default', type: 'text', isList: true, choices: ({networks}) => networks.map(({name}) => name)},
		{name: 'ports', label: 'Ports', hint: '8080:80 53:53/udp', type: 'text'},
		{name: 'environment', label: 'Environment', hint: 'KEY=VALUE …', type: 'text'},
		{
			name: 'volumes', label: 'Volumes', hint: 'data:/data /host/directory:/inside:ro', type: 'text', isList: true,
			choices: ({volumes}) => volumes.filter(({anonymous}) => !anonymous).map(({name}) => `${name}:`),
		},
		{name: 'cpus', label: 'CPUs', hint: '1', type: 'text'},
		{name: 'memory', label: 'Memory', hint: '512m', type: 'text'},
		{name: 'command', label: 'Command', hint: 'the image\'s', type: 'text'},
		{name: 'terminal', label: 'Terminal', hint: '', type: 'switch'},
		{name: 'start', label: 'Start it', hint: '', type: 'switch'},
	],
	commandLine,
	validate: (values, snapshot) => errorsOf(checks, values, snapshot),
	request(values) {
		const {flags, input} = parseArguments(commandLine(values).slice(1), runArguments, 'run');
		return {
			type: 'container',
			configuration: configurationOf(flags as ContainerFlags, input, {environment: {}, workingDirectory: '/', variables: [], labels: []}),
			isStarted: values.start === 'yes',
		};
	},
};
