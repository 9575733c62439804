import {parseDuration} from '../../../engine/durations.js';
import {HolmError} from '../../../engine/errors.js';
import type {Healthcheck} from '../../../engine/health.js';
import {validateHealthcheck} from '../../../rules/containers/healthcheck.js';
import {execForm} from '../../../rules/images/build-texts.js';

const durations: Readonly<Record<string, 'intervalMs' | 'timeoutMs' | 'startPeriodMs' | 'startIntervalMs'>> = {
	interval: 'intervalMs', timeout: 'timeoutMs', 'start-period': 'startPeriodMs', 'start-interval': 'startIntervalMs',
};

const settingOf = (name: string, value: string): Partial<Healthcheck> => {
	const key = durations[name];
	const number = key ? parseDuration(value) : (name === 'retries' && /^\d{1,9}$/v.test(value) ? Number(value) : undefined);
	if (number === undefined) {
		throw new HolmError('invalid', key || name === 'retries' ? `invalid value ${JSON.stringify(value.slice(0, 60))} for --${name}` : `unknown flag: ${name.slice(0, 60)}`);
	}

	return {[key ?? 'retries']: number};
};

/** Reads a HEALTHCHECK: options, and a command or NONE. Throws `invalid`. */
export const parseHealthcheck = (text: string): Healthcheck => {
	let rest = text;
	let settings: Partial<Healthcheck> = {};
	for (;;) {
		const {name, value} = /^--(?<name>[a-z\-]+)=(?<value>\S*)\s+/v.exec(rest)?.groups ?? {};
		if (name === undefined) {
			break;
		}

		settings = {...settings, ...settingOf(name, value!)};
		rest = rest.slice(rest.indexOf(value!, name.length + 3) + value!.length).trimStart();
	}

	const [word = ''] = rest.split(/\s/v, 1);
	const command = rest.slice(word.length).trim();
	if (word.toUpperCase() === 'NONE' && command === '') {
		return {test: ['NONE']};
	}

	if (word.toUpperCase() !== 'CMD') {
		throw new HolmError('invalid', `Unknown type ${JSON.stringify(word.slice(0, 60))} in HEALTHCHECK (try CMD)`);
	}

	const words = execForm(command);
	const healthcheck = {...settings, test: words ? ['CMD', ...words] : ['CMD-SHELL', command]};
	validateHealthcheck(healthcheck);
	return healthcheck;
};
