/**
Bundles the modules in `dist` and the packages that they use, because a process that loads hundreds of files starts slowly. `cli.tsx` runs one of the two bundles:

- `commands.cjs`, without the dashboard, for commands
- `holm.cjs`, with everything

Neither is in a process with the other or with the modules in `dist/source`, so no module is loaded twice. The daemon and the workers are not bundled.
*/
/* eslint-disable require-unicode-regexp -- esbuild's filters are patterns of Go, which have no flag for it. */
import {createHash} from 'node:crypto';
import {readFile, glob, mkdir, rm, writeFile} from 'node:fs/promises';
import {isBuiltin} from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import {build, type BuildOptions, type Metafile, type Plugin} from 'esbuild';

const dist = path.resolve(import.meta.dirname, '..');
const project = path.dirname(dist);
const output = path.join(dist, 'bundle');

/** CommonJS, and seldom needed. */
const unbundled = new Set(['ssh2', 'tar-stream', 'react-devtools-core']);

/** `import.meta.url` of a module stays the address of its own file, beside which it looks for others. */
const keepAddresses: Plugin = {
	name: 'keep-addresses',
	setup({onLoad}) {
		onLoad({filter: /\/dist\/source\/.*\.js$/}, async ({path: file}) => ({
			contents: (await readFile(file, 'utf8')).replaceAll('import.meta', () => `metaOf(${JSON.stringify(path.relative(output, file))})`),
		}));
	},
};

/** An import at the top of the bundle would load what only one command needs, and evaluate the lazy getters of Node's own modules. */
const requireLazily: Plugin = {
	name: 'require-lazily',
	setup({onResolve, onLoad}) {
		onResolve({filter: /.*/}, ({path: name, namespace}) => {
			if (!isBuiltin(name) && !unbundled.has(name)) {
				return undefined;
			}

			return namespace === 'required' ? {path: name, external: true} : {path: name, namespace: 'required'};
		});
		onLoad({filter: /.*/, namespace: 'required'}, ({path: name}) => ({contents: `module.exports = require(${JSON.stringify(name)})`}));
	},
};

/** Only the dashboard and the demo need these. */
const leaveOutDashboard: Plugin = {
	name: 'leave-out-dashboard',
	setup({onResolve}) {
		onResolve({filter: /\/dashboard\/index\.js$|\/backends\/memory\/engine\.js$/}, ({path: name, resolveDir}) => ({
			path: path.relative(output, path.join(resolveDir, name)), external: true,
		}));
	},
};

type Edit = {readonly file: RegExp; readonly from: string; readonly to: string};

/** What packages do when they start and Holm does not need. */
const edits: readonly Edit[] = [
	// With `fetch`, for which Node loads undici, Yoga would read what is in the file itself.
	{file: /\/yoga-wasm-base64-esm\.js$/, from: 'var loadYoga', to: 'const fetch = undefined; var loadYoga'},
	// Meow normalises a package.json for a help of its own alone.
	{
		file: /\/meow\/build\/dependencies\.js$/,
		from: 'var normalizeExports = requireNormalize();\nconst normalizePackageData = getDefaultExportFromCjs(normalizeExports);',
		to: 'const normalizePackageData = data => getDefaultExportFromCjs(requireNormalize())(data);',
	},
	{file: /\/meow\/build\/dependencies\.js$/, from: '\npromisify(execFile);', to: ''},
];

const startPackagesFast: Plugin = {
	name: 'start-packages-fast',
	setup({onResolve, onLoad}) {
		const stringWidth = path.join(import.meta.dirname, 'string-width.js');
		onResolve({filter: /^string-width$/}, ({importer}) => importer === stringWidth ? undefined : {path: stringWidth});
		for (const file of new Set(edits.map(edit => edit.file))) {
			onLoad({filter: file}, async ({path: name}) => {
				let contents = await readFile(name, 'utf8');
				for (const {from, to} of edits.filter(edit => edit.file.test(name))) {
					if (contents.split(from).length !== 2) {
						throw new Error(`${name} is another version: it does not have ${JSON.stringify(from)} once`);
					}

					contents = contents.replace(from, () => to);
				}

				return {contents};
			});
		}
	},
};

/** At the top of a bundle, which runs as a CommonJS module: `metaOf` gives a module of `dist/source` its `import.meta`, `bundleMeta` is the one of packages. */
const banner = `const metaOf = file => ({get url() {
	return require("node:url").pathToFileURL(require("node:path").join(__dirname, file)).href;
}});
const bundleMeta = metaOf("package.js");`;

/** The bundle is made as an ES module, because Ink awaits its WebAssembly. It has no import, and one export at the end. */
const asCommonJs = (text: string): string => {
	const parts = /^(?<body>.*)export\{(?<local>[\w$]+) as start\};\s*$/sv.exec(text)?.groups;
	if (!parts) {
		throw new Error('the bundle does not end with the export of start');
	}

	return `${parts.body}module.exports = {start: ${parts.local}};\n`;
};

const bundle = async (name: string, {plugins = [], ...options}: BuildOptions): Promise<Metafile> => {
	const {metafile, warnings, outputFiles} = await build({
		entryPoints: [path.join(dist, 'source/commands/start.js')],
		outfile: path.join(output, name),
		write: false,
		absWorkingDir: project,
		bundle: true,
		format: 'esm',
		platform: 'node',
		minify: true,
		legalComments: 'none',
		metafile: true,
		logLevel: 'warning',
		plugins: [keepAddresses, startPackagesFast, ...plugins, requireLazily],
		define: {'import.meta': 'bundleMeta', 'process.env.NODE_ENV': '"production"'},
		banner: {js: banner},
		...options,
	});
	const text = asCommonJs(outputFiles![0]!.text);
	// Throws if the text is no function's body.
	new vm.Script(`(function () {${text}})`); // eslint-disable-line no-new
	if (warnings.length > 0 || /\P{ASCII}/v.test(text)) {
		throw new Error(`${name}: esbuild has warned, or the text is not ASCII`);
	}

	await writeFile(path.join(output, name), `//${createHash('sha256').update(text).digest('hex')}\n${text}`);
	return metafile!;
};

/** The directories of the packages in a bundle. */
const packagesOf = ({inputs}: Metafile): readonly string[] => [...new Set(Object.keys(inputs).flatMap(file => /^.*\/node_modules\/(?:@[^\/]+\/)?[^\/]+|^node_modules\/(?:@[^\/]+\/)?[^\/]+/v.exec(file)?.[0] ?? []))].toSorted();

const noticeOf = async (directory: string): Promise<string> => {
	const {name, version, license} = JSON.parse(await readFile(path.join(project, directory, 'package.json'), 'utf8')) as Readonly<Record<string, string>>;
	const files = await Array.fromAsync(glob('{.,build}/{licen[cs]e,LICEN[CS]E,Licen[cs]e}*', {cwd: path.join(project, directory)}));
	const texts = await Promise.all(files.toSorted().map(async file => readFile(path.join(project, directory, file), 'utf8')));
	return [`${name} ${version}, ${license}`, ...texts.map(text => text.trim())].join('\n\n');
};

await rm(output, {recursive: true, force: true});
await mkdir(output, {recursive: true});
const commands = await bundle('commands.cjs', {plugins: [leaveOutDashboard]});
const all = await bundle('holm.cjs', {});
const packages = [...new Set([...packagesOf(commands), ...packagesOf(all)])].toSorted();
if (packagesOf(commands).some(name => /\/(?:react|ink)$/v.test(name)) || packages.filter(name => /\/(?:react|ink)$/v.test(name)).length !== 2) {
	throw new Error('React and Ink must be in one bundle, once');
}

const notices = await Promise.all(packages.map(async directory => noticeOf(directory)));
await writeFile(path.join(output, 'licences.txt'), `${['commands.cjs and holm.cjs contain these packages.', ...notices].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
