import {buildFields} from '../../source/wire/decode/fields/build.js';
import {connectFields, containerFields, endpointFields, hostFields} from '../../source/wire/decode/fields/container.js';
import {imageLoadFields, imageRemovalFields, imageSaveFields} from '../../source/wire/decode/fields/images.js';
import {networkFields} from '../../source/wire/decode/fields/network.js';
import {updateFields} from '../../source/wire/decode/fields/resources.js';
import type {FieldRule, FieldTable} from '../../source/wire/decode/fields/rule.js';
import {volumeFields} from '../../source/wire/decode/fields/volume.js';

const objects: ReadonlyArray<readonly [heading: string, table: FieldTable, skipped?: readonly string[]]> = [
	['`POST /containers/create`', containerFields, ['HostConfig', 'NetworkingConfig', 'Holm']],
	['`HostConfig`', hostFields],
	['`EndpointSettings` of `NetworkingConfig`', endpointFields],
	['`EndpointSettings` of `POST /networks/{name}/connect`', connectFields],
	['`POST /containers/{name}/update`', updateFields],
	['`POST /networks/create`', networkFields],
	['`POST /volumes/create`', volumeFields],
	['`GET /images/get` and `GET /images/{name}/get`, their query', imageSaveFields],
	['`POST /images/load`, its query', imageLoadFields],
	['`DELETE /images/{name}`, its query', imageRemovalFields],
	['`POST /build`, its query', buildFields],
];

const sentence = ({support, reason, remedy, exceptions}: FieldRule): string => {
	if (support === 'honoured') {
		return exceptions === undefined ? reason : `refused: ${exceptions}; ${reason}. Instead: ${remedy}.`;
	}

	return support === 'refused' ? `${reason}. Instead: ${remedy}.` : reason;
};

const rows = (table: FieldTable, prefix = ''): readonly string[] => Object.entries(table)
	.toSorted(([one], [other]) => one.localeCompare(other))
	.flatMap(([name, rule]) => [
		`| \`${prefix}${name}\` | ${rule.support} | ${sentence(rule)} |`,
		...rule.inside ? rows(rule.inside, `${prefix}${name}.`) : [],
	]);

const notes: Readonly<Record<string, string>> = {
	'`POST /build`, its query': 'The builder answers, with BuildKit if `version=2`, else as Docker\'s classic builder.\n\n',
};

const section = ([heading, table, skipped = []]: typeof objects[number]): string => {
	const shown = Object.fromEntries(Object.entries(table).filter(([name]) => !skipped.includes(name)));
	return `## ${heading}\n\n${notes[heading] ?? ''}| field | support | |\n| --- | --- | --- |\n${rows(shown).join('\n')}\n`;
};

export const dockerPage = (): string => `# Docker's API, field by field

\`npm run reference\` generates this page from the tables in \`source/wire/decode/fields\`, from which requests are checked. It says what Holm's own engine does; over [Apple's container](apple.md#what-is-different) some settings are refused that are honoured here.

- **honoured**: the setting has its effect, and \`inspect\` returns it.
- **refused**: a value other than the default is answered with status 501, the field, the reason and a remedy; one answer names all refused fields of a request. \`holm\` refuses the flag in the same words.
- **hint**: the setting has no effect, and the answer's \`Warnings\` say so, as for fields that the engine does not know. The answers of \`POST /volumes/create\` and \`POST /networks/NAME/connect\` have no warnings: unknown fields are refused there, and hints are only on this page. Nor has that of \`DELETE /images/NAME\`.

${objects.map(object => section(object)).join('\n')}`;
