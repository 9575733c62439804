import {parseAddress, type EngineAddress} from '../../wire/addresses.js';
import {requireCertificates} from './certificates.js';
import {asDockers, currentContext, readContext} from './contexts.js';
import {contextNamed, dockerDirectory, whichEngine, type Choice, type Environment} from './which-engine.js';

/** The address of the chosen engine, with its certificates; undefined for this host's own. */
export const resolveHost = async (host: string | undefined, environment: Environment): Promise<EngineAddress | undefined> => {
	const resolve = async (choice: Choice): Promise<EngineAddress | undefined> => {
		if (choice.kind === 'own') {
			return undefined;
		}

		if (choice.kind === 'context') {
			const directory = dockerDirectory(environment);
			return choice.name === undefined
				? resolve(contextNamed(await currentContext(directory), environment))
				: readContext(directory, choice.name);
		}

		const parsed = parseAddress(choice.address);
		const address = choice.isDocker ? asDockers(parsed) : parsed;
		return address.kind === 'tcp' && choice.certificates !== undefined
			? {...address, tls: await requireCertificates(choice.certificates)}
			: address;
	};

	return resolve(whichEngine(host, environment));
};
