/** The version in the package's own package.json, above dist. */
export const packageVersion = (): string =>
	(JSON.parse(process.getBuiltinModule('node:fs').readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {readonly version: string}).version;
