/** Where distributions install programs. The user's PATH is ignored, because npm and toolchains put their own directories first. */
export const programDirectories = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

export const programPath = programDirectories.join(':');

/** Variables that are passed on: proxies and certificates for registries, the locale, and Holm's own settings. */
const passing = new Set([
	'http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY',
	'SSL_CERT_FILE', 'SSL_CERT_DIR',
	'LANG', 'LANGUAGE',
	'HOLM_BOOT_TIMEOUT', 'HOLM_START_TIMEOUT', 'HOLM_NESTED',
]);

const isPassed = (name: string): boolean => passing.has(name) || /^LC_[A-Z]+$/v.test(name);

/** The complete environment of the daemon and of the programs it starts. Nothing else is inherited from the given one. */
export const engineEnvironment = (given: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> => ({
	...Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => isPassed(entry[0]) && entry[1] !== undefined)),
	PATH: programPath,
});
