import {HolmError} from '../../engine/errors.js';
import type {Survey} from '../../host/reset/survey.js';
import {serviceGroup} from '../../host/service/units.js';
import {defaultRoot} from '../../host/store/paths.js';
import {defineCommand, print} from '../command.js';
import {assertOwnEngine, refuseApple} from '../own-engine.js';
import {escapeControls} from '../../text/escape.js';
import {decimalSize} from '../../text/sizes.js';
import {printSteps} from '../print/steps.js';
import {forceFlag} from '../prune.js';
import {isConfirmed} from '../terminal/prompt.js';

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The inventory of an engine, one line for each kind of resource. */
export const surveyLines = ({containers, networks, volumes, bytes}: Omit<Survey, 'directory' | 'names'>): readonly string[] => [
	`${counted(containers, 'container')} (${decimalSize(bytes.containers)})`,
	`${counted(volumes.length, 'volume')} (${decimalSize(bytes.volumes)})${volumes.length === 0 ? '' : `: ${volumes.join(', ')}`}`,
	`images (${decimalSize(bytes.images)}), disks, templates and kernel (${decimalSize(bytes.cache)})`,
	`${counted(networks, 'network')} and what the engine changed of the host's network`,
].map(line => escapeControls(line));

export const command = defineCommand({
	usage: '',
	flags: {force: forceFlag},
	async run(context, {force}) {
		refuseApple(context, 'reset', 'remove what you do not need: holm rm, holm system prune');
		assertOwnEngine(context, 'reset');
		if (process.getuid?.() !== 0) {
			throw new HolmError('forbidden', 'only root can remove the engine', {remedy: 'sudo holm system reset'});
		}

		const root = context.root ?? defaultRoot;
		const [
			{surveyEngine},
			{resetEngine},
			{isService, removeService},
			{removeEmptyGroup},
			{daemonStatus, stopDaemon},
			{stepsOf},
		] = await Promise.all([
			import('../../host/reset/survey.js'),
			import('../../host/reset/reset.js'),
			import('../../host/service/service.js'),
			import('../../host/service/group.js'),
			import('../../daemon/start.js'),
			import('../../host/setup/steps.js'),
		]);
		const survey = await surveyEngine(root);
		const hasService = await isService(root);
		if (!survey && !hasService) {
			print(context, escapeControls(`There is no engine in ${root}.`));
			return 0;
		}

		const lines = survey ? surveyLines(survey) : [];
		const list = [...lines, ...hasService ? ['the service of this host'] : []].map(line => `  - ${line}`).join('\n');
		if (!force && !await isConfirmed(context, `This will stop the engine in ${escapeControls(root)} and remove all its data:\n${list}`)) {
			return 1;
		}

		let isGone = true;
		await printSteps(stepsOf(async tell => {
			({isGone} = await resetEngine({
				root,
				tell,
				async shutDown() {
					try {
						if ((await daemonStatus({root})).running) {
							await stopDaemon({root, everything: true, isForced: true});
						}
					} finally {
						if (hasService) {
							await removeService();
						}
					}
				},
			}));
		}), context.stdout, context.now);
		for (const line of lines) {
			print(context, `Removed: ${line}`);
		}

		if (hasService) {
			const group = await removeEmptyGroup();
			print(context, group.isGone
				? `Removed: the service and the group ${serviceGroup}`
				: `Removed: the service. The group ${serviceGroup} has members and is left: sudo groupdel ${serviceGroup}`);
		}

		print(context, escapeControls(isGone
			? `Nothing of the engine is left in ${root}. The programs that holm setup installed stay.`
			: `${root} is left and empty, for a file system is mounted there. The programs that holm setup installed stay.`));
		return 0;
	},
});
