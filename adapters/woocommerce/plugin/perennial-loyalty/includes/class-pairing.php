<?php
/**
 * How the shop joins an account: our knock, the service's offer, the admin's yes.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

defined( 'ABSPATH' ) || exit;

/**
 * Nothing the service offers is true before the shop's admin says so here.
 */
final class Pairing {

	const KNOCK         = 'perennial_knock';
	const KNOCK_SECONDS = 900;

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		foreach ( array( 'connect', 'confirm', 'refuse', 'disconnect' ) as $act ) {
			add_action( "admin_post_perennial_$act", array( self::class, $act ) );
		}
	}

	/**
	 * The doors at which the service speaks to us.
	 */
	public static function open_doors(): void {
		$calls = array(
			'settings'   => 'take_settings',
			'disconnect' => 'be_disconnected',
		);
		foreach ( $calls as $what => $work ) {
			register_rest_route(
				'perennial/v1',
				"/$what",
				array(
					'methods'             => 'POST',
					'callback'            => array( self::class, $work ),
					'permission_callback' => static function ( WP_REST_Request $request ) use ( $what ) {
						return Wire::is_service( $request, $what );
					},
				)
			);
		}
		register_rest_route(
			'perennial/v1',
			'/pairing',
			array(
				'methods'             => 'POST',
				'callback'            => array( self::class, 'take_offer' ),
				'permission_callback' => array( self::class, 'is_our_knock' ),
			)
		);
	}

	/**
	 * Send the merchant to the service, with a knock by which its offer will be known.
	 */
	public static function connect(): void {
		Admin_Page::check( 'connect' );
		$service = Settings::service();
		$given   = isset( $_POST['service'] ) ? esc_url_raw( wp_unslash( $_POST['service'] ), array( 'https', 'http' ) ) : ''; // phpcs:ignore WordPress.Security.NonceVerification.Missing -- checked above.
		if ( '' === $service && '' !== $given ) {
			$service = untrailingslashit( $given );
			Settings::put( array( 'service' => $service ) );
		}
		if ( '' === $service ) {
			Admin_Page::go( 'no_service' );
		}
		$tries = 5;
		while ( $tries > 0 && self::part() ) {
			sleep( 1 ); // It needs a moment.
			--$tries;
		}
		$knock = bin2hex( random_bytes( 32 ) );
		set_transient( self::KNOCK, $knock, self::KNOCK_SECONDS );
		$target = add_query_arg(
			array(
				'store' => rawurlencode( home_url() ),
				'knock' => $knock,
			),
			"$service/install/woocommerce/plugin"
		);
		wp_redirect( $target ); // phpcs:ignore WordPress.Security.SafeRedirect.wp_redirect_wp_redirect -- the service is another host.
		exit;
	}

	/**
	 * Whether an offer names the knock we sent the merchant with.
	 *
	 * @param WP_REST_Request $request The offer.
	 */
	public static function is_our_knock( WP_REST_Request $request ): bool {
		$ours  = get_transient( self::KNOCK );
		$given = $request->get_json_params();
		$given = is_array( $given ) && isset( $given['knock'] ) && is_string( $given['knock'] ) ? $given['knock'] : '';
		return is_string( $ours ) && '' !== $ours && hash_equals( $ours, $given );
	}

	/**
	 * Keep an offer until the admin has seen it.
	 *
	 * @param WP_REST_Request $request The offer.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function take_offer( WP_REST_Request $request ) {
		$told = $request->get_json_params();
		foreach ( array( 'public_id', 'service', 'account', 'plugin_secret', 'widget_secret', 'key' ) as $name ) {
			if ( empty( $told[ $name ] ) || ! is_string( $told[ $name ] ) ) {
				return new WP_Error( 'invalid_offer', "No $name.", array( 'status' => 400 ) );
			}
		}
		if ( untrailingslashit( $told['service'] ) !== Settings::service() ) {
			return new WP_Error( 'other_service', 'Not the service we asked.', array( 'status' => 403 ) );
		}
		delete_transient( self::KNOCK );
		self::revoke(); // What an older offer was let in with.
		Settings::put_secrets(
			array(
				'plugin' => $told['plugin_secret'],
				'widget' => $told['widget_secret'],
				'key'    => $told['key'],
			)
		);
		Settings::put(
			array(
				'state'     => 'offered',
				'public_id' => sanitize_key( $told['public_id'] ),
				'account'   => sanitize_text_field( $told['account'] ),
				'service'   => Settings::service(),
			)
		);
		return new WP_REST_Response( array( 'admin_url' => Admin_Page::url() ) + self::versions() );
	}

	/**
	 * The admin says yes: from now on the service works for this shop.
	 */
	public static function confirm(): void {
		Admin_Page::check( 'confirm' );
		$answer = Wire::ask( 'confirm', self::versions(), 'plugin', 15 );
		if ( is_wp_error( $answer ) ) {
			Admin_Page::go( $answer->get_error_code() );
		}
		Settings::put( array( 'state' => 'paired' ) );
		self::keep( $answer );
		Upkeep::start();
		Admin_Page::go( 'connected' );
	}

	/**
	 * The admin says no.
	 */
	public static function refuse(): void {
		Admin_Page::check( 'refuse' );
		if ( Settings::is_paired() ) {
			Admin_Page::go( 'is_connected' );
		}
		$told = Wire::ask( 'refuse' );
		if ( is_array( $told ) && empty( $told['lives'] ) ) {
			self::revoke();
		}
		Settings::forget();
		Admin_Page::go( 'refused' );
	}

	/**
	 * The admin takes the shop out of its account.
	 */
	public static function disconnect(): void {
		Admin_Page::check( 'disconnect' );
		$answer    = Wire::ask( 'disconnect' );
		$is_forced = isset( $_POST['force'] ); // phpcs:ignore WordPress.Security.NonceVerification.Missing -- checked above.
		if ( is_wp_error( $answer ) && 'disconnected' !== $answer->get_error_code() && ! $is_forced ) {
			Admin_Page::go( 'not_parted' );
		}
		$parting = is_wp_error( $answer ) && 'disconnected' !== $answer->get_error_code() ? array( Settings::get( 'public_id' ), Settings::secret( 'plugin' ) ) : null;
		self::leave();
		if ( $parting ) {
			Settings::put( array( 'public_id' => $parting[0] ) );
			Settings::put_secrets( array( 'plugin' => $parting[1] ) );
			Upkeep::part();
		}
		Admin_Page::go( 'disconnected' );
	}

	/**
	 * Tell the service that the shop has left, where it could not be told: it would let nobody connect again.
	 *
	 * @return bool Whether it heard, and is to be asked again whether it is done.
	 */
	public static function part(): bool {
		if ( null !== Settings::get( 'state' ) || '' === Settings::secret( 'plugin' ) ) {
			return false;
		}
		$told = Wire::ask( 'disconnect' );
		if ( is_wp_error( $told ) && in_array( $told->get_error_code(), array( 'disconnected', 'bad_signature' ), true ) ) {
			Settings::forget();
			Upkeep::stop();
		}
		return ! is_wp_error( $told );
	}

	/**
	 * The service says what the shop's pages are to show.
	 *
	 * @param WP_REST_Request $request The call.
	 */
	public static function take_settings( WP_REST_Request $request ): WP_REST_Response {
		self::keep( array( 'settings' => $request->get_json_params() ) );
		return new WP_REST_Response( self::versions() );
	}

	/**
	 * The account let the shop go.
	 */
	public static function be_disconnected(): WP_REST_Response {
		self::leave();
		return new WP_REST_Response( array() );
	}

	/**
	 * Keep what the service told of the shop.
	 *
	 * @param array $told Its answer.
	 */
	public static function keep( array $told ): void {
		$kept = array_intersect_key( $told, array_flip( array( 'account', 'settings' ) ) );
		Settings::put( array_filter( $kept ) );
	}

	/**
	 * What this shop runs.
	 *
	 * @return array
	 */
	public static function versions(): array {
		return array(
			'plugin'      => VERSION,
			'woocommerce' => defined( 'WC_VERSION' ) ? WC_VERSION : '',
			'wordpress'   => get_bloginfo( 'version' ),
			'php'         => PHP_VERSION,
		);
	}

	/**
	 * Forget the account, the webhooks that spoke to it, the key that let it in, and what it wrote of our
	 * customers: the next account's levels are others.
	 */
	public static function leave(): void {
		$service = Settings::service();
		if ( class_exists( 'WC_Data_Store' ) && '' !== $service ) {
			foreach ( \WC_Data_Store::load( 'webhook' )->search_webhooks( array( 'limit' => 100 ) ) as $id ) {
				$webhook = wc_get_webhook( $id );
				if ( $webhook && 0 === strpos( $webhook->get_delivery_url(), "$service/" ) ) {
					$webhook->delete( true );
				}
			}
		}
		self::revoke();
		delete_metadata( 'user', 0, Standing::META, '', true );
		Upkeep::stop();
		Settings::forget();
	}

	/**
	 * Take back the key that the service was granted when this pairing began.
	 */
	private static function revoke(): void {
		global $wpdb;
		$key = Settings::secret( 'key' );
		if ( '' !== $key ) {
			$wpdb->delete( $wpdb->prefix . 'woocommerce_api_keys', array( 'consumer_key' => $key ), array( '%s' ) ); // phpcs:ignore WordPress.DB.DirectDatabaseQuery -- WooCommerce has no function for it.
		}
	}
}
