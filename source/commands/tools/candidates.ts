import {constants} from 'node:os';
import type {Engine} from '../../engine/engine.js';
import type {ContainerStatus} from '../../engine/resources.js';
import {familiarName} from '../image/ls.js';
import {shells} from './shells.js';

/** A word that may follow, with what a shell may show beside it. */
export type Candidate = {readonly value: string; readonly description?: string};

/** What a word of the command line names. */
export type Kind = 'container' | 'image' | 'network' | 'volume' | 'file';

const states: Readonly<Record<string, ReadonlyArray<ContainerStatus['state']>>> = {
	start: ['created', 'exited'],
	stop: ['running', 'paused', 'restarting'],
	kill: ['running', 'paused', 'restarting'],
	exec: ['running'],
	attach: ['running'],
	top: ['running'],
	stats: ['running', 'paused'],
	pause: ['running'],
	unpause: ['paused'],
};

/** The engine's names of a kind. Containers are those in a state that the command is for. */
export const namesOf = async (engine: Engine, kind: Kind, command: string): Promise<readonly Candidate[]> => {
	switch (kind) {
		case 'container': {
			const wanted = states[command.split(' ').at(-1)!];
			const containers = await engine.containers({all: true});
			return containers
				.filter(({status}) => wanted?.includes(status.state) ?? true)
				.map(({name, configuration, status}) => ({value: name, description: `${configuration.image}, ${status.state}`}));
		}

		case 'image': {
			const images = await engine.images();
			return images.flatMap(({tags}) => tags.map(tag => ({value: familiarName(tag)})));
		}

		case 'network': {
			const networks = await engine.networks();
			return networks.map(({name}) => ({value: name}));
		}

		case 'volume': {
			const volumes = await engine.volumes();
			return volumes.map(({name}) => ({value: name}));
		}

		case 'file': {
			return [];
		}
	}
};

/** What the words of a command's usage name, such as `CONTAINER` in `CONTAINER COMMAND [ARG...]`. */
export const kindsOfArgument = (word: string): readonly Kind[] => {
	const name = /[A-Z]+/v.exec(word)?.[0] ?? '';
	const kinds: Readonly<Record<string, readonly Kind[]>> = {
		CONTAINER: ['container'],
		IMAGE: ['image'],
		REPOSITORY: ['image'],
		NETWORK: ['network'],
		VOLUME: ['volume'],
		NAME: ['container', 'image', 'network', 'volume'],
		SOURCE: ['container', 'file'],
		DESTINATION: ['container', 'file'],
		FILE: ['file'],
		PATH: ['file'],
		COMMAND: ['file'],
		ARG: ['file'],
	};
	return kinds[name] ?? [];
};

/** The fixed words for an argument. */
export const valuesOfArgument = (word: string): readonly string[] => word === 'SHELL' ? shells : [];

/** What the value of a flag names: by the flag's name, else by the placeholder of its value. */
export const kindsOfFlag = (name: string, placeholder = ''): readonly Kind[] => {
	const named: Readonly<Record<string, readonly Kind[]>> = {
		network: ['network'], volume: ['volume', 'file'], 'volumes-from': ['container'], link: ['container'],
	};
	return named[name] ?? (['FILE', 'PATH', 'DIR'].includes(placeholder) ? ['file'] : []);
};

const fixed: Readonly<Record<string, readonly string[]>> = {
	pull: ['missing', 'always', 'never'],
	restart: ['no', 'always', 'unless-stopped', 'on-failure'],
	attach: ['stdin', 'stdout', 'stderr'],
	format: ['json', 'table'],
	type: ['container', 'image', 'network', 'volume'],
	'log-driver': ['json-file', 'local', 'none'],
	host: ['own', 'docker', 'apple', 'context://', 'ssh://', 'apple://', 'tcp://', 'unix://'],
};

const signalsFor = (start: string): readonly string[] =>
	Object.keys(constants.signals).map(signal => start.startsWith('SIG') ? signal : signal.slice('SIG'.length));

/** The fixed values of a flag. Signals have their prefix if what is there starts with it. */
export const valuesOfFlag = (name: string, start: string, placeholder = ''): readonly string[] =>
	placeholder === 'SIGNAL' ? signalsFor(start) : fixed[name] ?? [];
