/** The editor's side of our blocks: a card that says what will stand there, and its few settings. */
( ( { blocks, blockEditor, components, element } ) => {
	const { createElement: el, Fragment } = element;
	const words = window.perennialBlocks;
	const tones = Object.entries( words.tones ).map( ( [ value, label ] ) => ( { value, label } ) );

	const setting = ( name, { attributes, setAttributes } ) => {
		const shared = {
			key: name,
			label: words[ name ],
			value: attributes[ name ] || '',
			onChange: ( value ) => setAttributes( { [ name ]: value || undefined } ),
			__nextHasNoMarginBottom: true,
			__next40pxDefaultSize: true,
		};
		return name === 'tone'
			? el( components.SelectControl, { ...shared, options: tones } )
			: el( components.TextControl, shared );
	};

	const edit = ( name, own ) => ( props ) => {
		const { title, description, icon } = blocks.getBlockType( name );
		return el(
			Fragment,
			null,
			el(
				blockEditor.InspectorControls,
				null,
				el( components.PanelBody, { title }, own.map( ( one ) => setting( one, props ) ) )
			),
			el(
				'div',
				blockEditor.useBlockProps(),
				el( components.Placeholder, { icon: icon.src || icon, label: title, instructions: description } )
			)
		);
	};

	const all = {
		panel: [ 'tone' ],
		badge: [ 'product', 'tone' ],
		tasks: [ 'product', 'tone' ],
		recommendations: [ 'heading', 'product', 'tone' ],
		club: [ 'tone' ],
		rewards: [ 'tone' ],
		goal: [ 'campaign', 'tone' ],
	};
	for ( const [ short, own ] of Object.entries( all ) ) {
		const name = `perennial/${ short }`;
		blocks.registerBlockType( name, { edit: edit( name, own ), save: () => null } );
	}
} )( window.wp );
