<?php
/**
 * A reward's code, put into the cart by a link of the panel, so that nobody has to type it.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * The same as the cart's own field for codes, with the same checks.
 */
final class Cart_Code {

	const ASKED = 'perennial-code';

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		if ( Settings::is_paired() ) {
			add_action( 'wp_loaded', array( self::class, 'take' ), 20 );
		}
	}

	/**
	 * Put it in, and show the cart.
	 */
	public static function take(): void {
		$code = wc_format_coupon_code( sanitize_text_field( wp_unslash( $_GET[ self::ASKED ] ?? '' ) ) ); // phpcs:ignore WordPress.Security -- a link, like any coupon's; cleaned here.
		if ( '' === $code || ! WC()->cart ) {
			return;
		}
		WC()->session->set_customer_session_cookie( true );
		if ( ! WC()->cart->has_discount( $code ) ) {
			WC()->cart->apply_coupon( $code );
		}
		nocache_headers();
		wp_safe_redirect( wc_get_cart_url() );
		exit;
	}
}
