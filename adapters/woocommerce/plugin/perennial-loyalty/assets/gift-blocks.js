/**
 * The gift in the cart and checkout blocks. The server computes and checks; this shows and asks.
 */
( function ( wp, blocks, words ) {
	'use strict';

	const SPACE = 'perennial-loyalty';
	if ( ! wp.plugins || ! blocks || ! blocks.ExperimentalOrderMeta || ! blocks.extensionCartUpdate ) {
		return; // No slots here: the select field of the checkout stays.
	}
	const { createElement: el, useState, useLayoutEffect } = wp.element;
	let count = 0;

	function declined() {
		return document.cookie.split( '; ' ).includes( words.no + '=1' );
	}

	function remember( isNo ) {
		const seconds = isNo ? words.days * 86400 : 0;
		document.cookie = words.no + '=1; path=/; samesite=lax; max-age=' + seconds;
	}

	function useChoice( told ) {
		const [ wanted, setWanted ] = useState( null ); // While the server is asked, and after a "no".
		const [ said, setSaid ] = useState( '' );
		function choose( gift, cause ) {
			setWanted( gift );
			const data = { gift, cause, currency: told.currency };
			return blocks.extensionCartUpdate( { namespace: SPACE, data } ).then(
				() => {
					remember( gift === '0' );
					setWanted( gift === '0' ? gift : null );
					setSaid( gift === '0' ? words.declined : '' );
				},
				() => {
					setWanted( null );
					setSaid( words.failed );
				}
			);
		}
		return { shown: wanted === null ? told.gift : wanted, said: said || told.said, choose };
	}

	function Options( { told, shown, name, onChoose } ) {
		return told.options.map( ( option ) =>
			el(
				'label',
				{ key: option.value },
				el( 'input', {
					type: 'radio',
					name,
					value: option.value,
					checked: shown === option.value,
					onChange: () => onChoose( option.value ),
				} ),
				el(
					'span',
					null,
					option.text,
					option.money ? el( 'bdi', { dir: 'ltr' }, option.money ) : null
				)
			)
		);
	}

	function Causes( { told, cause, onChoose } ) {
		const named = told.causes.map( ( one ) => el( 'option', { key: one.key, value: one.key }, one.name ) );
		const select = el( 'select', { value: cause, onChange: ( event ) => onChoose( event.target.value ) }, named );
		return el( 'label', null, words.for, ' ', select );
	}

	function Choice( { told } ) {
		const [ name ] = useState( () => 'perennial-gift-' + ++count );
		const [ cause, setCause ] = useState( told.cause );
		const { shown, said, choose } = useChoice( told );
		function choseCause( key ) {
			setCause( key );
			if ( told.gift ) {
				choose( told.gift, key );
			}
		}
		return el(
			'fieldset',
			{ className: 'perennial-gift' },
			el( 'legend', null, told.question ),
			told.causes.length > 1 ? el( Causes, { told, cause, onChoose: choseCause } ) : null,
			el( Options, { told, shown, name, onChoose: ( gift ) => choose( gift, cause ) } ),
			el( 'p', { role: 'status' }, said )
		);
	}

	function Gift( { extensions } ) {
		const told = extensions && extensions[ SPACE ];
		const [ isSilent ] = useState( declined );
		useLayoutEffect( () => {
			document.documentElement.classList.add( 'perennial-slot' );
			return () => document.documentElement.classList.remove( 'perennial-slot' );
		}, [] );
		if ( ! told || ! told.question || ( isSilent && ! told.gift ) ) {
			return null;
		}
		return el( Choice, { told } );
	}

	wp.plugins.registerPlugin( 'perennial-gift', {
		scope: 'woocommerce-checkout',
		render: () => el( blocks.ExperimentalOrderMeta, null, el( Gift ) ),
	} );
} )( window.wp, window.wc && window.wc.blocksCheckout, window.perennialGift );
