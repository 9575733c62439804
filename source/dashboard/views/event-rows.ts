import type {EngineEvent} from '../../engine/resources.js';
import type {Role} from '../frame/theme.js';
import {endWords, type EventEnd} from './event-ends.js';

const two = (value: number): string => String(value).padStart(2, '0');

/** The time of day where this program runs, with the date if it is another day than that of `now`. */
export const localTime = (time: number, now: number): string => {
	const date = new Date(time);
	const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
	return date.toDateString() === new Date(now).toDateString() ? clock : `${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
};

/** Red is for what failed alone. */
export const eventRole = ({action, type}: EngineEvent, end: EventEnd | undefined): Role => {
	if (end?.isFailure || action === 'oom' || action === 'health_status: unhealthy') {
		return 'bad';
	}

	return type !== 'daemon' && /^(?:start|create|connect|pull|lease|record|health_status: healthy)/v.test(action) ? 'good' : 'text';
};

/** Attributes that the row says in other places. */
const saidElsewhere: ReadonlySet<string> = new Set(['name', 'container', 'image', 'exitCode', 'cause', 'by']);

/** The action without the command of an exec, and everything else of an event, what ended a container first. `nameOf` finds the name of a container. */
export const eventTexts = (
	{action, attributes}: EngineEvent,
	end: EventEnd | undefined,
	nameOf: (id: string) => string | undefined,
): {readonly action: string; readonly details: string} => {
	// Actions of execs have the command after a colon; it may be long.
	const [what = '', ...command] = action.split(': ');
	const others = Object.entries(attributes).filter(([key]) => !saidElsewhere.has(key)).map(([key, value]) => `${key}=${value}`);
	return {action: what, details: [
		end ? `${endWords(end)};` : '',
		command.join(': '),
		attributes.container === undefined ? '' : nameOf(attributes.container) ?? '',
		...others,
	].filter(Boolean).join(' ').replace(/;$/v, '')};
};
