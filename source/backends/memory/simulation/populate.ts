import type {ContainerConfiguration} from '../../../engine/resources.js';
import {createContainer} from '../create-container.js';
import {defaultNetwork} from '../../../engine/networks.js';
import {plainContainer} from '../../../engine/plain-container.js';
import {fileNode} from '../file-node.js';
import {deriveImage, findImage, recordOf} from '../image-store.js';
import {knownImages} from '../known-images.js';
import {freeze} from '../lifecycle.js';
import {addNetwork} from '../networks.js';
import {endRun, startRecord} from '../runs.js';
import {publish, type Simulation, type State} from '../state.js';
import {projectImages, type Project, type Service} from './projects.js';
import {logLabel} from './log-lines.js';

const hour = 3_600_000;

const addImages = (state: State) => {
	const postgres = recordOf(knownImages.find(({name}) => name.includes('postgres'))!);
	state.images.set(postgres.image.id, postgres);
	for (const {name, base, command, port} of projectImages) {
		const {record} = findImage(state, base);
		const files = record.files.fork();
		files.makeDirectory('/app');
		files.put(`/app/${command[1]}`, fileNode(state.now() - (31 * hour), 'from flask import Flask\n'));
		deriveImage(state, record.image, {
			tags: [name],
			createdAt: state.now() - (31 * hour),
			configuration: {command, workingDirectory: '/app', ...port !== undefined && {exposedPorts: [port]}},
			history: [
				{createdBy: 'RUN /bin/sh -c pip install --no-cache-dir -r requirements.txt # buildkit', bytes: 11_400_000},
				{createdBy: 'COPY . . # buildkit', bytes: 2100},
				{createdBy: `CMD ${JSON.stringify(command)}`},
			],
			files,
		});
	}
};

const configurationOf = (project: Project, service: Service): ContainerConfiguration => ({
	...plainContainer,
	image: service.image,
	name: service.name,
	command: service.command ?? [],
	environment: service.environment ?? [],
	labels: {
		'com.docker.compose.project': project.name,
		'com.docker.compose.service': service.name.slice(project.name.length + 1),
		...service.needs && {'com.docker.compose.depends_on': service.needs.map(name => `${name.slice(project.name.length + 1)}:service_started:false`).join(',')},
		...service.log !== undefined && {[logLabel]: service.log},
	},
	networks: [{network: project.network, aliases: project.network === defaultNetwork ? [] : [service.name.slice(project.name.length + 1)]}],
	ports: service.hostPort === undefined || service.containerPort === undefined ? [] : [{hostAddress: '0.0.0.0', hostPort: service.hostPort, containerPort: service.containerPort, protocol: 'tcp'}],
	mounts: service.volume === undefined ? [] : [{type: 'volume', source: service.volume, target: '/data', readOnly: false}],
	restartPolicy: {name: service.restart ?? 'no', maximumRetryCount: 0},
	...service.check !== undefined && {healthcheck: {test: ['CMD-SHELL', service.check]}},
});

const settleFate = (state: State, id: string, fate: Service['fate']) => {
	if (fate === 'created') {
		return;
	}

	const record = state.containers.get(id)!;
	startRecord(state, record);
	const {run} = record;
	if (fate === 'exited' || fate === 'killed') {
		record.isStopped = true;
		run!.main.kill(9);
		run!.reason = fate === 'killed' ? 'the machine was killed (SIGKILL)' : undefined;
		endRun(state, record, fate === 'killed' ? 137 : 0);
	} else if (fate === 'paused') {
		freeze(state, record);
	}
};

/** Adds projects as if they had been created and started some time ago. */
export const fill = (state: State, simulation: Simulation, projects: readonly Project[]): void => {
	const present = state.now();
	addImages(state);
	for (const project of projects.toSorted((a, b) => b.age - a.age)) {
		simulation.at(present - (project.age * hour), () => {
			if (project.network !== defaultNetwork) {
				const {id, name} = addNetwork(state, {
					name: project.network, internal: project.internal ?? false, labels: {'com.docker.compose.project': project.name}, driver: 'bridge',
				});
				publish(state, {type: 'network', action: 'create', id, attributes: {name, type: 'bridge'}});
			}
		});
		const ids = project.services.map((service, index) => {
			let id = '';
			simulation.at(present - (project.age * hour) + (index * 400), () => {
				({id} = createContainer(state, configurationOf(project, service)));
			});
			return {id, fate: service.fate};
		});
		for (const [index, {id, fate}] of ids.entries()) {
			simulation.at(Math.min(present - (project.up * hour) + (index * 900), present), () => {
				settleFate(state, id, fate);
			});
		}
	}

	simulation.settle();
};
