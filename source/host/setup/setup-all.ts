import {HolmError} from '../../engine/errors.js';
import {openGuest, defaultSize} from '../guest.js';
import type {SetupStep} from '../kernel/guest-kernel.js';
import type {AcceleratorVerdict} from '../machines/accelerator.js';
import {pathsOf} from '../store/paths.js';
import {checkRequirements} from './requirements.js';
import type {Check} from './check.js';
import {installMissing, missingPackages} from './setup.js';
import {stepsOf} from './steps.js';

/** Checks that may fail, because later steps of the setup provide these parts. */
const madeHere = new Set(['kernel']);

const throwOnMissing = (checks: readonly Check[]) => {
	const missing = checks.filter(({name, status}) => status === 'missing' && !madeHere.has(name));
	if (missing.length > 0) {
		const isRootMissing = missing.some(({name}) => name === 'root');
		throw new HolmError(isRootMissing ? 'forbidden' : 'unavailable', missing.map(({name, found}) => `${name}: ${found}`).join('; '), {
			remedy: [...new Set(missing.flatMap(({remedy}) => remedy ?? []))].join('; '),
		});
	}
};

const describe = ({accelerator, reason, remedy}: AcceleratorVerdict) => accelerator === 'tcg'
	? `emulation (tcg), because ${reason ?? 'it was chosen'}${remedy === undefined ? '' : ` (${remedy})`}`
	: `hardware virtualisation (${accelerator}), because a machine booted with it`;

const {cpus, memoryBytes} = defaultSize;
const sizeOfTemplate = `${cpus} CPU, ${memoryBytes / 1024 ** 2} MiB`;

/** Installs missing packages, and resolves with the checks afterwards. Throws as `installMissing` does. There are two rounds, because some requirements are known only once a program is installed. */
export const provideRequirements = async (root: string, tell?: (step: SetupStep) => void): Promise<readonly Check[]> => {
	let checks = await checkRequirements(root);
	for (let round = 0; round < 2 && missingPackages(checks).length > 0; round++) {
		await installMissing(checks, tell);
		checks = await checkRequirements(root);
	}

	return checks;
};

/**
Prepares this host for the engine in `root`: programs, kernel, accelerator, and the template of the default size. Reports every step, also parts that exist already.

With `isProbing` hardware virtualisation is probed again. Throws `forbidden` without root, and `unavailable`, naming what is missing.
*/
export const setUp = (
	root: string,
	{isProbing = false}: {readonly isProbing?: boolean} = {},
): AsyncIterable<SetupStep> => stepsOf(async tell => {
	tell({step: 'requirements', detail: 'checking'});
	const checks = await provideRequirements(root, tell);
	throwOnMissing(checks);
	tell({step: 'requirements', detail: 'all there'});
	const warnings = checks.filter(({name, status}) => status === 'warning' && name !== 'accelerator');
	for (const {name, found, remedy} of warnings) {
		tell({step: `warning, ${name}`, detail: remedy ? `${found}; ${remedy}` : found});
	}

	const guest = await openGuest(pathsOf(root), tell, {isProbing});
	tell({step: 'kernel', detail: `${guest.kernelVersion} is there`});
	let isMade = false;
	await guest.template(defaultSize, () => {
		isMade = true;
		tell({step: 'template', detail: `booting a machine of ${sizeOfTemplate}`});
	});
	tell({step: 'template', detail: `${sizeOfTemplate} ${isMade ? 'made' : 'is there'}`});
	tell({step: 'accelerator', detail: describe(guest.verdict)});
});
