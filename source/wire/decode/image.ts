import type {Image} from '../../engine/resources.js';
import {fieldsOf} from '../fields.js';
import {fullName} from '../image-names.js';
import {decodeTime} from '../times.js';
import {decodeHealthcheck} from './health.js';

/** Docker's name for a dangling image. */
const isNamed = (name: string) => !name.includes('<none>');

const decodeNames = (names: readonly string[]) => names.filter(name => isNamed(name)).map(name => fullName(name));

/** The answer of `GET /images/{name}/json`, of any engine. */
export const decodeImage = (json: unknown): Image => {
	const fields = fieldsOf(json);
	const config = fields.object('Config');
	return {
		id: fields.text('Id'),
		tags: decodeNames(fields.texts('RepoTags')),
		digests: decodeNames(fields.texts('RepoDigests')),
		...fields.text('Parent') !== '' && {parent: fields.text('Parent')},
		createdAt: decodeTime(fields.text('Created')),
		sizeBytes: fields.number('Size'),
		architecture: fields.text('Architecture'),
		os: fields.text('Os'),
		...fields.text('Author') !== '' && {author: fields.text('Author')},
		...fields.text('Comment') !== '' && {comment: fields.text('Comment')},
		configuration: {
			user: config.text('User'),
			environment: config.texts('Env'),
			entrypoint: config.texts('Entrypoint'),
			command: config.texts('Cmd'),
			workingDirectory: config.text('WorkingDir'),
			exposedPorts: config.names('ExposedPorts'),
			volumes: config.names('Volumes'),
			labels: config.textMap('Labels'),
			stopSignal: config.optionalText('StopSignal'),
			...config.has('Shell') && {shell: config.texts('Shell')},
			...config.has('OnBuild') && {onBuild: config.texts('OnBuild')},
			healthcheck: decodeHealthcheck(config.object('Healthcheck')),
		},
		layers: fields.object('RootFS').texts('Layers'),
		history: fields.object('Holm').objects('History').map(step => ({
			createdAt: decodeTime(step.text('Created')),
			createdBy: step.text('CreatedBy'),
			empty: step.flag('Empty'),
			comment: step.text('Comment'),
		})),
		source: json,
	};
};

/** One item of `GET /images/json`: complete from Holm, otherwise as far as the list goes. */
export const decodeImageItem = (json: unknown): Image => {
	const fields = fieldsOf(json);
	if (fields.has('Holm')) {
		return decodeImage(fields.raw.Holm);
	}

	return {
		...decodeImage({
			Id: fields.raw.Id,
			RepoTags: fields.raw.RepoTags,
			RepoDigests: fields.raw.RepoDigests,
			Size: fields.raw.Size,
			Config: {Labels: fields.raw.Labels},
		}),
		createdAt: fields.number('Created') * 1000,
		source: json,
	};
};

/** The answer of `GET /images/{name}/history`, newest first; steps of less than a byte count as empty. */
export const decodeHistory = (steps: ReadonlyArray<ReturnType<typeof fieldsOf>>): Image['history'] => steps.map(step => ({
	createdAt: step.number('Created') * 1000,
	createdBy: step.text('CreatedBy'),
	empty: step.number('Size') === 0,
	comment: step.text('Comment'),
})).toReversed();
