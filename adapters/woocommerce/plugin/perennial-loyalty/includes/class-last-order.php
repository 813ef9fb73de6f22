<?php
/**
 * What goes with what a member bought last, on the first page of their account.
 *
 * Which order that was is asked by the browser, so that the page itself asks the database nothing.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * A row of recommendations whose products come later.
 */
final class Last_Order {

	const ACTION = 'perennial_bought';

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		if ( Settings::is_paired() ) {
			add_action( 'woocommerce_account_dashboard', array( self::class, 'show' ), 20 );
			add_action( 'wp_ajax_' . self::ACTION, array( self::class, 'answer' ) );
		}
	}

	/**
	 * The row, empty, and what fills it.
	 */
	public static function show(): void {
		echo '<perennial-recommendations id="perennial-bought" hidden></perennial-recommendations>';
		$address = wp_json_encode( admin_url( 'admin-ajax.php?action=' . self::ACTION, 'relative' ) );
		wp_print_inline_script_tag( "fetch($address).then(a=>a.json()).then(({product})=>{if(product){const e=document.getElementById('perennial-bought');e.hidden=false;e.setAttribute('product',product)}}).catch(()=>{})" );
	}

	/**
	 * The products of the last order of who asks.
	 */
	public static function answer(): void {
		nocache_headers();
		$order = wc_get_customer_last_order( get_current_user_id() );
		wp_send_json( array( 'product' => $order ? Surfaces::products_of( $order ) : '' ) );
	}
}
