import {HolmError} from '../../engine/errors.js';
import {parseAddress, type EngineAddress} from '../../wire/addresses.js';
import {
	asDockers,
	contextNamed,
	dockerDirectory,
	whichEngine,
	type Choice,
	type Environment,
} from './which-engine.js';

/** The address of the chosen engine, with its certificates; undefined for this host's own. */
export const resolveHost = async (host: string | undefined, environment: Environment): Promise<EngineAddress | undefined> => {
	const resolve = async (choice: Choice): Promise<EngineAddress | undefined> => {
		if (choice.kind === 'own') {
			return undefined;
		}

		if (choice.kind === 'apple') {
			throw new HolmError(
				'unsupported',
				'Apple\'s container does not serve Docker\'s API',
				{remedy: 'use holm\'s own commands, or run holm system start on that Mac and name it as ssh://HOST'},
			);
		}

		if (choice.kind === 'context') {
			const {currentContext, readContext} = await import('./contexts.js');
			const directory = dockerDirectory(environment);
			return choice.name === undefined
				? resolve(contextNamed(await currentContext(directory), environment))
				: readContext(directory, choice.name);
		}

		const parsed = parseAddress(choice.address);
		const address = choice.isDocker ? asDockers(parsed) : parsed;
		if (address.kind !== 'tcp' || choice.certificates === undefined) {
			return address;
		}

		const {requireCertificates} = await import('./certificates.js');
		return {...address, tls: await requireCertificates(choice.certificates)};
	};

	return resolve(whichEngine(host, environment));
};
