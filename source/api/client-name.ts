import type {IncomingMessage} from 'node:http';
import type {TLSSocket} from 'node:tls';

const longest = 120;

const printable = (text: string): string => text.replaceAll(/[^\u{20}-\u{7E}]/gv, '?').slice(0, longest).trim();

/** The name in a client's certificate, which is the only one that it cannot choose. */
const certifiedName = ({socket}: IncomingMessage): string | undefined => {
	const {CN: name} = 'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate().subject ?? {} : {};
	return typeof name === 'string' && name !== '' ? printable(name) : undefined;
};

/** What a client calls itself, with the name in its certificate if it has one. A client of a socket can call itself anything: it is root on this host. */
export const clientNameOf = (request: IncomingMessage): string | undefined => {
	const agent = printable(request.headers['user-agent'] ?? '');
	const certified = certifiedName(request);
	if (certified === undefined) {
		return agent === '' ? undefined : agent;
	}

	return agent === '' ? `certificate ${certified}` : `${agent}, certificate ${certified}`;
};
