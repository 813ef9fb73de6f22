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
	const HAS_SLOT = 'perennial-slot';
	let count = 0;
	let giveWay = () => {};

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
		function choose( gift, cause, own = '' ) {
			setWanted( gift );
			const data = { gift, cause, own, currency: told.currency };
			return blocks.extensionCartUpdate( { namespace: SPACE, data } ).then(
				() => {
					remember( gift === '0' );
					setWanted( gift === '0' ? gift : null );
					setSaid( gift === '0' ? words.declined : '' );
				},
				( problem ) => {
					setWanted( gift === 'own' ? gift : null );
					setSaid( ( problem && problem.message ) || words.failed );
				}
			);
		}
		return { shown: wanted === null ? told.gift : wanted, said: said || told.said, choose, look: setWanted };
	}

	/** An amount of one's own is only looked at until it is written. */
	function Own( { told, label, onChoose } ) {
		const [ written, setWritten ] = useState( told.own );
		const [ bounds ] = useState( () => 'perennial-gift-bounds-' + ++count );
		return el(
			'span',
			{ className: 'perennial-gift-own' },
			el( 'input', {
				type: 'text',
				inputMode: 'decimal',
				autoComplete: 'off',
				dir: 'ltr',
				size: 8,
				maxLength: 12,
				value: written,
				'aria-label': label,
				'aria-describedby': bounds,
				onChange: ( event ) => setWritten( event.target.value ),
				onKeyDown: ( event ) => {
					if ( event.key === 'Enter' ) {
						event.preventDefault(); // It would place the order.
						onChoose( written );
					}
				},
			} ),
			el( 'button', { type: 'button', onClick: () => onChoose( written ) }, words.give ),
			el( 'span', { id: bounds }, told.bounds )
		);
	}

	function Option( { option, shown, name, onChoose } ) {
		return el(
			'label',
			null,
			el( 'input', {
				type: 'radio',
				name,
				value: option.value,
				checked: shown === option.value,
				onChange: () => onChoose( option.value ),
			} ),
			el( 'span', null, option.text, option.money ? el( 'bdi', { dir: 'ltr' }, option.money ) : null )
		);
	}

	function Options( { told, shown, name, ways, onChoose, onLook } ) {
		const open = told.options.filter( ( { way } ) => ! way || ways.includes( way ) );
		return open.map( ( option ) => {
			const isOwn = option.value === 'own';
			return el(
				'div',
				{ key: option.value },
				el( Option, { option, shown, name, onChoose: isOwn ? onLook : onChoose } ),
				isOwn && shown === 'own'
					? el( Own, { told, label: option.text, onChoose: ( own ) => onChoose( 'own', own ) } )
					: null
			);
		} );
	}

	function Causes( { told, cause, onChoose } ) {
		const named = told.causes.map( ( one ) => el( 'option', { key: one.key, value: one.key }, one.name ) );
		const select = el( 'select', { value: cause, onChange: ( event ) => onChoose( event.target.value ) }, named );
		return el( 'label', null, words.for, ' ', select );
	}

	function Choice( { told } ) {
		const [ name ] = useState( () => 'perennial-gift-' + ++count );
		const [ cause, setCause ] = useState( told.cause );
		const { shown, said, choose, look } = useChoice( told );
		const waysOf = ( wanted ) => ( told.causes.find( ( { key } ) => key === wanted ) || { ways: [] } ).ways;
		function choseCause( key ) {
			setCause( key );
			const held = told.options.find( ( { value } ) => value === told.gift );
			if ( held && waysOf( key ).includes( held.way ) ) {
				choose( told.gift, key, told.own );
			}
		}
		return el(
			'fieldset',
			{ className: 'perennial-gift' },
			el( 'legend', null, told.question ),
			told.causes.length > 1 ? el( Causes, { told, cause, onChoose: choseCause } ) : null,
			el( Options, {
				told,
				shown,
				name,
				ways: waysOf( cause ),
				onChoose: ( gift, own ) => choose( gift, cause, own ),
				onLook: look,
			} ),
			el( 'p', { role: 'status' }, said ),
			told.terms ? el( 'p', { className: 'perennial-gift-terms' }, told.terms ) : null
		);
	}

	function isAsked( told, isSilent ) {
		return told && told.question && ( told.gift || ! isSilent );
	}

	function Gift( { extensions } ) {
		const told = extensions && extensions[ SPACE ];
		const [ isSilent ] = useState( declined );
		useLayoutEffect( () => told && giveWay(), [ told ] );
		useLayoutEffect( () => {
			document.documentElement.classList.add( HAS_SLOT );
			return () => document.documentElement.classList.remove( HAS_SLOT );
		}, [] );
		return isAsked( told, isSilent ) ? el( Choice, { told } ) : null;
	}

	/** A slot is drawn a moment before what fills it: an unseen twin has the room until then. */
	function keepRoom( slot ) {
		const told = words.told;
		if ( slot.hasChildNodes() || ! isAsked( told, declined() ) ) {
			return;
		}
		const apart = document.createElement( 'div' );
		wp.element.flushSync( () => wp.element.createRoot( apart ).render( el( Choice, { told } ) ) );
		const twin = apart.firstChild;
		const frame = slot.closest( '.slot-wrapper' ) || slot;
		frame.style.visibility = 'hidden'; // What is not seen yet may move with what comes above it.
		slot.append( twin );
		giveWay = () => {
			twin.remove();
			frame.style.visibility = '';
		};
	}

	if ( document.querySelector( '.wp-block-woocommerce-checkout-order-summary-block' ) ) {
		document.documentElement.classList.add( HAS_SLOT ); // Before the field can be seen.
	}
	const waiting = new MutationObserver( () => {
		const slot = document.querySelector( '.wc-block-components-order-meta' );
		if ( slot ) {
			waiting.disconnect();
			keepRoom( slot );
		}
	} );
	waiting.observe( document.body, { childList: true, subtree: true } );

	wp.plugins.registerPlugin( 'perennial-gift', {
		scope: 'woocommerce-checkout',
		render: () => el( blocks.ExperimentalOrderMeta, null, el( Gift ) ),
	} );

	const cart = wp.data.select( 'wc/store/cart' );
	if ( cart ) {
		cart.getCartData(); // The page brings it along: read now, it is there when the blocks are drawn.
	}
} )( window.wp, window.wc && window.wc.blocksCheckout, window.perennialGift );
