const printable = (text: string): string => text.replaceAll(/[^\u{21}-\u{7E}]/gv, '?').slice(0, 40);

/** The user of this process; behind sudo, the one who called it. */
const username = (): string | undefined => {
	const {SUDO_USER: caller} = process.env;
	if (caller) {
		return `${printable(caller)}, with sudo`;
	}

	try {
		return printable(process.getBuiltinModule('node:os').userInfo().username);
	} catch {
		// The user has no entry.
		const uid = process.getuid?.();
		return uid === undefined ? undefined : String(uid);
	}
};

let named: string | undefined;

/** How this client calls itself. With what changes something it also says its user: engines note who ended a container. */
export const userAgent = (hasUser: boolean): string => {
	if (!hasUser) {
		return 'holm';
	}

	if (named === undefined) {
		const user = username();
		named = user === undefined ? 'holm' : `holm (user ${user})`;
	}

	return named;
};
