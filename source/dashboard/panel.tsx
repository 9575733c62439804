import type {ReactNode} from 'react';
import {Box, Text} from 'ink';
import {useTheme} from './context.js';
import {frame, Lines, type FrameOptions} from './lines.js';

/** A border with a title around anything, opaque to what is behind it. */
export const Panel = ({children, ...options}: Omit<FrameOptions, 'theme'> & {readonly children: ReactNode}) => {
	const theme = useTheme();
	const {width, height} = options;
	return (
		<Box width={width} height={height} flexShrink={0}>
			<Box position='absolute'>
				<Lines lines={frame([], {...options, theme})} width={width} height={height}/>
			</Box>
			<Box marginLeft={1} marginTop={1} width={Math.max(0, width - 2)} height={Math.max(0, height - 2)} flexDirection='column' overflow='hidden'>
				{children ?? <Text> </Text>}
			</Box>
		</Box>
	);
};
