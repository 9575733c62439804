import type {Container, Image, Network, Volume} from '../engine/resources.js';
import {print, type Context} from './command.js';
import {errorLine} from './for-each-reference.js';
import {compileTemplate} from './print/go-template.js';

type Resources = {readonly container: Container; readonly image: Image; readonly network: Network; readonly volume: Volume};

export type Kind = keyof Resources;

/** Docker's form of a resource, for engines that do not describe it themselves. */
const encoders: {readonly [Name in Kind]: (resource: Resources[Name]) => Promise<object>} = {
	container: async container => (await import('../wire/encode/container.js')).encodeContainer(container),
	image: async image => (await import('../wire/encode/image.js')).encodeImage(image),
	network: async network => (await import('../wire/encode/network.js')).encodeNetwork(network),
	volume: async volume => (await import('../wire/encode/volume.js')).encodeVolume(volume),
};

/** A resource in Docker's form: as its engine describes it, or else by what is known of it. */
export const describe = async <Name extends Kind>(kind: Name, resource: Resources[Name]): Promise<Record<string, unknown>> =>
	(resource.source ?? await encoders[kind](resource)) as Record<string, unknown>;

export const inspectFlags = {
	format: {
		type: 'string', shortFlag: 'f', value: 'TEMPLATE', description: '"json" or a Go template such as {{.Name}}',
	},
} as const;

/** Fields of Docker's descriptions that are there only on request. */
const optionalFields = {SizeRw: undefined, SizeRootFs: undefined};

/**
Prints the resources as a JSON array, or one line each with a template. Unknown references are reported at the end, with exit status 1.
*/
export const inspectAll = async (
	context: Context,
	references: readonly string[],
	read: (reference: string) => Promise<Record<string, unknown>>,
	format?: string,
): Promise<number> => {
	const render = format === undefined || format === 'json' ? undefined : compileTemplate(format);
	const found: Array<Record<string, unknown>> = [];
	const errors: string[] = [];
	for (const reference of references) {
		try {
			found.push(await read(reference));
		} catch (error) {
			errors.push(errorLine(error));
		}
	}

	const lines = render
		? found.map(resource => render({...optionalFields, ...resource}, {strict: true}))
		: [format === 'json' ? JSON.stringify(found) : JSON.stringify(found, undefined, 4)];
	for (const line of lines) {
		print(context, line);
	}

	for (const error of errors) {
		context.stderr.write(`${error}\n`);
	}

	return errors.length > 0 ? 1 : 0;
};
