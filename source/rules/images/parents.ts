import type {Image} from '../../engine/resources.js';

/** A key for each step of the history. The history of an image begins with that of the image it was made from, including the times. */
export const historyKeys = ({history}: Pick<Image, 'history'>): readonly string[] => {
	let key = '';
	return history.map(({createdAt, createdBy}) => {
		key += `${createdAt} ${createdBy}\n`;
		return key;
	});
};

/** The images with the image that each was made from: the one with the longest beginning of its history and layers. Of several, it is the last in the list. */
export const withParents = (images: readonly Image[]): readonly Image[] => {
	const byHistory = new Map(images.map(image => [historyKeys(image).at(-1) ?? '', image]));
	return images.map(image => {
		const isBeginning = ({layers}: Image) => layers.every((layer, index) => image.layers[index] === layer);
		const parent = historyKeys(image).slice(0, -1).toReversed()
			.map(key => byHistory.get(key))
			.find(other => other !== undefined && isBeginning(other));
		return parent ? {...image, parent: parent.id} : image;
	});
};
