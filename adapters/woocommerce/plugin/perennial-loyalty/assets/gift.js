/**
 * Classic checkout: a choice has the totals computed again. Without this they are when the order is sent.
 */
jQuery( function ( $ ) {
	$( document.body ).on( 'change', 'form.checkout .perennial-gift :input', function () {
		$( document.body ).trigger( 'update_checkout' );
	} );
} );
