/**
 * A level's discount by its name, where the cart and checkout blocks would show its code. Blocks let every
 * coupon be removed and have no filter for it; a level's would be back at once, so its button is hidden.
 */
( function ( blocks, names ) {
	'use strict';

	if ( ! blocks || ! blocks.registerCheckoutFilters ) {
		return;
	}
	blocks.registerCheckoutFilters( 'perennial-loyalty', {
		coupons: ( coupons ) =>
			coupons.map( ( coupon ) => ( { ...coupon, label: names[ coupon.code ] || coupon.label } ) ),
	} );
	const labels = Object.values( names );
	if ( labels.length ) {
		const style = document.createElement( 'style' );
		const buttons = labels.map(
			( label ) => '.wc-block-components-chip__remove[aria-label*=' + JSON.stringify( label ) + ']'
		);
		style.textContent = buttons.join() + '{display:none}';
		document.head.append( style );
	}
} )( window.wc && window.wc.blocksCheckout, window.perennialLevels );
