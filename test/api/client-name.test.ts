import type {IncomingMessage} from 'node:http';
import test from 'ava';
import {clientNameOf} from '../../source/api/client-name.js';

const requestOf = (agent: string | undefined, certificate?: unknown) => ({
	headers: {'user-agent': agent},
	socket: certificate === undefined ? {} : {getPeerCertificate: () => certificate},
}) as unknown as IncomingMessage;

test('a client is called as it calls itself, and by the name in its certificate', t => {
	t.is(clientNameOf(requestOf('Docker-Client/28.1 (linux)')), 'Docker-Client/28.1 (linux)');
	t.is(clientNameOf(requestOf(undefined)), undefined);
	t.is(clientNameOf(requestOf('holm', {subject: {CN: 'ann'}})), 'holm, certificate ann');
	t.is(clientNameOf(requestOf(undefined, {subject: {CN: 'ann'}})), 'certificate ann');
	t.is(clientNameOf(requestOf('holm', {})), 'holm');
});

test('a hostile name is short and printable', t => {
	t.is(clientNameOf(requestOf(`\u{1B}[31mé${'x'.repeat(1000)}`))?.length, 120);
	t.regex(clientNameOf(requestOf('\u{1B}[31mé\n'))!, /^[\u{20}-\u{7E}]+$/v);
});
