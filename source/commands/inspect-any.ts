import type {Engine} from '../engine/engine.js';
import {asHolmError, HolmError} from '../engine/errors.js';
import {defineCommand} from './command.js';
import {describe, inspectAll, inspectFlags} from './inspect.js';

type Read = (engine: Engine, reference: string, hasSize: boolean) => Promise<Record<string, unknown>>;

/** In the order of lookup. */
const kinds: Readonly<Record<string, Read>> = {
	container: async (engine, reference, hasSize) => describe('container', await engine.container(reference, {size: hasSize})),
	image: async (engine, reference) => describe('image', await engine.image(reference)),
	network: async (engine, reference) => describe('network', await engine.network(reference)),
	volume: async (engine, reference) => describe('volume', await engine.volume(reference)),
};

export const command = defineCommand({
	usage: 'NAME...',
	flags: {
		...inspectFlags,
		size: {type: 'boolean', shortFlag: 's', description: 'Show the disk usage of containers'},
		type: {type: 'string', value: 'TYPE', description: 'Look only for container, image, network or volume'},
	},
	async run(context, {format, size, type}, input) {
		if (type !== undefined && !Object.hasOwn(kinds, type)) {
			throw new HolmError('invalid', `invalid value "${type}" for --type`, {remedy: `it is ${Object.keys(kinds).join(', ')}`});
		}

		const engine = await context.engine();
		const readers = type === undefined ? Object.values(kinds) : [kinds[type]!];
		return inspectAll(context, input, async reference => {
			for (const read of readers) {
				try {
					return await read(engine, reference, size);
				} catch (error) {
					// A name that is malformed for one kind may be valid for another.
					if (!['not-found', 'invalid'].includes(asHolmError(error).code)) {
						throw error;
					}
				}
			}

			throw new HolmError('not-found', `no such ${type ?? 'object'}: ${reference}`, {remedy: 'holm ps -a, holm images, holm network ls and holm volume ls list what there is'});
		}, format);
	},
});
