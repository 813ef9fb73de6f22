/**
 * A level's discount by its name, where the cart and checkout blocks would show its code.
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
} )( window.wc && window.wc.blocksCheckout, window.perennialLevels );
