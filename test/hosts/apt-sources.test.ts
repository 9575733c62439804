import test from 'ava';
import {sourcesOf} from './apt-sources.js';

const deb822 = `Types: deb
# an older mirror of bookworm
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://other.example/tool
Suites: stable
Components: main

Types: deb
URIs: https://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;

const lines = `# deb https://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian bookworm main contrib
deb-src https://mirror.example/debian bookworm main
deb https://mirror.example/debian-security bookworm-security main
deb https://mirror.example/debian-security bookworm/updates main
deb https://tool.example/apt tool-bookworm main
deb https://tool.example/apt stable main
`;

test('the mirrors of the host\'s own release serve another one, and nothing else does', t => {
	t.deepEqual(sourcesOf([{name: 'debian.sources', text: deb822}], 'bookworm', 'trixie'), [{
		name: 'release.sources',
		text: `Types: deb
URIs: https://mirror.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://mirror.example/debian-security
Suites: trixie-security
Components: main
`,
	}]);
	t.deepEqual(sourcesOf([{name: 'sources.list', text: lines}], 'bookworm', 'trixie'), [{
		name: 'release.list',
		text: `deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian trixie main contrib
deb https://mirror.example/debian-security trixie-security main
deb https://mirror.example/debian-security trixie/updates main
`,
	}]);
	t.deepEqual(sourcesOf([{name: 'sources.list', text: ''}], 'bookworm', 'trixie'), []);
});
