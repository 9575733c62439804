import {parseDuration} from '../../../engine/durations.js';
import {HolmError} from '../../../engine/errors.js';
import type {Healthcheck} from '../../../engine/health.js';
import {validateHealthcheck} from '../../../rules/containers/healthcheck.js';
import {execForm} from '../../../rules/images/build-texts.js';

const durations: Readonly<Record<string, keyof Healthcheck>> = {
	interval: 'intervalMs', timeout: 'timeoutMs', 'start-period': 'startPeriodMs', 'start-interval': 'startIntervalMs',
};

/** The setting of an option such as `--interval=5s`. */
const settingOf = (option: string): readonly [key: keyof Healthcheck, value: number] => {
	const {name = '', value = ''} = /^--(?<name>[^=]+)=(?<value>.*)$/v.exec(option)?.groups ?? {};
	const key = name === 'retries' ? 'retries' : durations[name];
	const number = key === 'retries' ? (/^\d{1,9}$/v.test(value) ? Number(value) : undefined) : parseDuration(value);
	if (key === undefined || number === undefined) {
		throw new HolmError('invalid', `invalid option ${JSON.stringify(option.slice(0, 60))} of HEALTHCHECK`);
	}

	return [key, number];
};

/** Reads a HEALTHCHECK: options, and a command or NONE. Throws `invalid`. */
export const parseHealthcheck = (text: string): Healthcheck => {
	const [given] = /^(?:--\S+\s+)*/v.exec(text)!;
	const [word = ''] = text.slice(given.length).split(/\s/v, 1);
	const command = text.slice(given.length + word.length).trim();
	const settings = Object.fromEntries((given.match(/\S+/gv) ?? []).map(option => settingOf(option)));
	if (word.toUpperCase() === 'NONE' && command === '') {
		return {test: ['NONE']};
	}

	if (word.toUpperCase() !== 'CMD') {
		throw new HolmError('invalid', `Unknown type ${JSON.stringify(word.slice(0, 60))} in HEALTHCHECK (try CMD)`);
	}

	const form = execForm(command);
	const healthcheck = {...settings, test: form ? ['CMD', ...form] : ['CMD-SHELL', command]};
	validateHealthcheck(healthcheck);
	return healthcheck;
};
