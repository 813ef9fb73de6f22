/**
 * Classic cart and checkout: a choice has the totals computed again. Without this they are when the form is
 * sent. What the chosen cause does not take cannot be chosen, and an amount is taken once it is written.
 */
jQuery( function ( $ ) {
	const OWN = '.perennial-gift [name="perennial_own"]';

	function fit() {
		const ways = $( '.perennial-gift option:selected' ).data( 'ways' );
		$( '.perennial-gift [data-way]' ).each( function () {
			const way = $( this ).data( 'way' );
			const isOpen = ! ways || ! way || ways.split( ' ' ).includes( way );
			$( this ).prop( 'disabled', ! isOpen ).closest( 'label' ).toggle( isOpen );
			if ( ! isOpen ) {
				$( this ).prop( 'checked', false );
			}
			if ( this.value === 'own' ) {
				$( OWN ).prop( 'disabled', ! isOpen ).parent().toggle( isOpen );
			}
		} );
	}

	$( document.body ).on( 'input', OWN, function () {
		$( '.perennial-gift [value="own"]' ).prop( 'checked', true );
	} );
	$( document.body ).on( 'change', '.perennial-gift select', fit );
	$( document.body ).on( 'change', 'form.checkout .perennial-gift :input', function () {
		if ( this.value === 'own' && ! $( OWN ).val() ) {
			$( OWN ).trigger( 'focus' );
			return;
		}
		$( document.body ).trigger( 'update_checkout' );
	} );
	fit();
} );
