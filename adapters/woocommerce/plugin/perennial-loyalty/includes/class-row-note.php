<?php
/**
 * What a browser notes of recommendations, on the order it places.
 *
 * The note is a number that one visitor of a thousand shares, and which row was clicked last where the
 * shopper lets statistics be kept. It names nobody; the service compares what the numbers buy.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

use WC_Order;

defined( 'ABSPATH' ) || exit;

/**
 * From the cookie of a row's script to the order.
 */
final class Row_Note {

	const COOKIE = 'perennial_row';
	const META   = '_perennial_row';
	const SHAPE  = '/\A[0-9]{1,3}(?:\.[a-z_]{1,20}\.[a-z_]{1,20}\.[a-z0-9_-]{1,30}\.[0-9]{1,5})?\z/';

	/**
	 * Take part in both checkouts; both save the order afterwards.
	 */
	public static function hook(): void {
		if ( Settings::is_paired() ) {
			add_action( 'woocommerce_checkout_create_order', array( self::class, 'note' ) );
			add_action( 'woocommerce_store_api_checkout_update_order_from_request', array( self::class, 'note' ) );
		}
	}

	/**
	 * Note it, where it is one.
	 *
	 * @param WC_Order $order The order that is being made.
	 */
	public static function note( $order ): void {
		$told = isset( $_COOKIE[ self::COOKIE ] ) ? sanitize_text_field( wp_unslash( $_COOKIE[ self::COOKIE ] ) ) : '';
		if ( preg_match( self::SHAPE, $told ) ) {
			$order->update_meta_data( self::META, $told );
		}
	}
}
