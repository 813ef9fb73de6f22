<?php
/**
 * The gift in the cart and checkout blocks: a slot's fill, and a select field where there is no slot.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * The Store API's side of the choice.
 */
final class Gift_Blocks {

	const SPACE = 'perennial-loyalty';
	const FIELD = 'perennial-loyalty/gift';
	const KEPT  = '_wc_other/perennial-loyalty/gift'; // Where WooCommerce keeps the field.

	/**
	 * What was told last by this request.
	 *
	 * @var array|null
	 */
	private static $told = null;

	/**
	 * Take part in what WooCommerce does.
	 */
	public static function hook(): void {
		add_action( 'woocommerce_blocks_loaded', array( self::class, 'register' ) );
		add_action( 'rest_api_init', array( self::class, 'add_field' ), 0 );
		add_action( 'woocommerce_blocks_enqueue_checkout_block_scripts_before', array( self::class, 'clear_field' ) );
		add_action( 'woocommerce_blocks_enqueue_checkout_block_scripts_before', array( self::class, 'add_field' ) );
		add_action( 'woocommerce_set_additional_field_value', array( self::class, 'take_field' ), 10, 2 );
		add_action( 'woocommerce_store_api_checkout_update_order_from_request', array( self::class, 'drop_field' ) );
		add_action( 'woocommerce_blocks_enqueue_cart_block_scripts_before', array( self::class, 'add_script' ) );
		add_action( 'woocommerce_blocks_enqueue_cart_block_scripts_after', array( self::class, 'add_words' ) );
		add_action( 'woocommerce_blocks_enqueue_checkout_block_scripts_before', array( self::class, 'add_script' ) );
		add_action( 'woocommerce_blocks_enqueue_checkout_block_scripts_after', array( self::class, 'add_words' ) );
	}

	/**
	 * What carts tell of the choice, and how it is told to us.
	 */
	public static function register(): void {
		woocommerce_store_api_register_endpoint_data(
			array(
				'endpoint'        => 'cart',
				'namespace'       => self::SPACE,
				'data_callback'   => array( self::class, 'data' ),
				'schema_callback' => array( self::class, 'schema' ),
				'schema_type'     => ARRAY_A,
			)
		);
		woocommerce_store_api_register_update_callback(
			array(
				'namespace' => self::SPACE,
				'callback'  => array( self::class, 'take' ),
			)
		);
	}

	/**
	 * The select field of a checkout without slots. Only such a page and the Store API know it: an order
	 * keeps nothing of it, so no other page has a use for it.
	 */
	public static function add_field(): void {
		static $is_there = false;

		$offer = function_exists( 'woocommerce_register_additional_checkout_field' ) ? Gift_Offer::now() : null;
		if ( $is_there || null === $offer || ( Donation::is_declined() && ! WC()->is_rest_api_request() ) ) {
			return;
		}
		$options = array();
		foreach ( $offer['causes'] as $cause ) {
			$options = array_merge( $options, self::field_options( $offer, $cause ) );
		}
		if ( ! $options ) {
			return; // An amount of one's own cannot be chosen from a list.
		}
		$is_there = true;
		$is_one   = 1 === count( $offer['causes'] );
		/* translators: %s: name of a cause. */
		$label = $is_one ? sprintf( __( 'A gift to %s', 'perennial-loyalty' ), $offer['causes'][0]['name'] ) : __( 'A gift to a good cause', 'perennial-loyalty' );
		woocommerce_register_additional_checkout_field(
			array(
				'id'          => self::FIELD,
				'label'       => $label,
				'placeholder' => __( 'Not this time', 'perennial-loyalty' ),
				'location'    => 'order',
				'type'        => 'select',
				'required'    => false,
				'options'     => $options,
			)
		);
	}

	/**
	 * What can be given to a cause, as the field says it: the gift and the cause in one value.
	 *
	 * @param array $offer What may be given.
	 * @param array $cause To whom.
	 * @return array[] value, label.
	 */
	private static function field_options( array $offer, array $cause ): array {
		$gifts = Gift_Offer::has( $offer, Gift_Offer::ROUND_UP ) ? array( Gift_Offer::ROUND_UP => __( 'Round up', 'perennial-loyalty' ) ) : array();
		foreach ( $offer['amounts_minor'] as $minor ) {
			$gifts[ (string) $minor ] = Donation::money( $offer, $minor );
		}
		$options = array();
		foreach ( $gifts as $gift => $words ) {
			if ( isset( $cause['ways'][ Gift_Offer::way( (string) $gift ) ] ) ) {
				$options[] = array(
					'value' => "$gift {$cause['key']}",
					/* translators: 1: name of a cause, 2: an amount of money, or "Round up". */
					'label' => 1 === count( $offer['causes'] ) ? $words : sprintf( __( '%1$s: %2$s', 'perennial-loyalty' ), $cause['name'], $words ),
				);
			}
		}
		return $options;
	}

	/**
	 * The field was set. An empty one takes back only what it chose: the slot's choice is not its own.
	 *
	 * @param string $key   The field's.
	 * @param mixed  $value What was chosen.
	 */
	public static function take_field( $key, $value ): void {
		if ( self::FIELD !== $key || ! WC()->session ) {
			return;
		}
		$chosen = Donation::chosen();
		$offer  = Gift_Offer::now();
		if ( null !== $offer && ( '' !== (string) $value || ( $chosen && 'field' === $chosen['by'] ) ) ) {
			list( $gift, $cause ) = explode( ' ', "$value " );
			Donation::choose( $gift, $cause, $offer['currency'], 'field' );
		}
	}

	/**
	 * WooCommerce would choose for the next order what was chosen for the last one: we never do.
	 */
	public static function clear_field(): void {
		$chosen = Donation::chosen();
		if ( ! WC()->customer || ( $chosen && 'field' === $chosen['by'] ) ) {
			return;
		}
		if ( '' !== (string) WC()->customer->get_meta( self::KEPT ) ) {
			WC()->customer->delete_meta_data( self::KEPT );
			WC()->customer->save();
		}
	}

	/**
	 * An order tells of its gift by the fee, which is the truth, and not by the field as well.
	 *
	 * @param \WC_Order $order The order.
	 */
	public static function drop_field( $order ): void {
		$order->delete_meta_data( self::KEPT );
	}

	/**
	 * The slot's choice.
	 *
	 * @param array $told gift, cause, currency, own.
	 * @throws \WC_REST_Exception With our stable code, for what is not offered.
	 */
	public static function take( $told ): void {
		$said = Donation::choose( $told['gift'] ?? null, $told['cause'] ?? null, $told['currency'] ?? null, 'slot', $told['own'] ?? '' );
		if ( is_wp_error( $said ) ) {
			throw new \WC_REST_Exception( $said->get_error_code(), $said->get_error_message(), 400 ); // phpcs:ignore WordPress.Security.EscapeOutput.ExceptionNotEscaped -- JSON.
		}
	}

	/**
	 * What the slot shows; nothing where nothing is offered.
	 *
	 * @return array
	 */
	public static function data(): array {
		self::$told = self::tell();
		return self::$told;
	}

	/**
	 * As data().
	 *
	 * @return array
	 */
	private static function tell(): array {
		$offer   = WC()->cart ? Gift_Offer::now() : null;
		$options = $offer ? Donation::options() : array();
		if ( ! $options ) {
			return array( 'question' => '' );
		}
		$chosen             = Donation::chosen();
		list( $gift, $own ) = Donation::held();
		return array(
			'question' => Donation::question(),
			'currency' => $offer['currency'],
			'causes'   => array_map( array( self::class, 'named' ), $offer['causes'] ),
			'options'  => $options,
			'gift'     => $gift,
			'own'      => $own,
			'bounds'   => Donation::bounds(),
			'terms'    => $offer['said'],
			'cause'    => $chosen ? $chosen['cause'] : $offer['causes'][0]['key'],
			'said'     => Donation::said(),
		);
	}

	/**
	 * Its form, for who reads the Store API.
	 *
	 * @return array
	 */
	public static function schema(): array {
		$schema = array();
		foreach ( array( 'question', 'currency', 'gift', 'own', 'bounds', 'cause', 'said', 'terms' ) as $name ) {
			$schema[ $name ] = array(
				'description' => 'Of the gift with this cart.',
				'type'        => 'string',
				'readonly'    => true,
			);
		}
		foreach ( array( 'causes', 'options' ) as $name ) {
			$schema[ $name ] = array(
				'description' => 'What may be chosen.',
				'type'        => 'array',
				'readonly'    => true,
			);
		}
		return $schema;
	}

	/**
	 * The fill's script. It needs no build, and comes before the blocks' own, so that it draws with them.
	 */
	public static function add_script(): void {
		wp_enqueue_script(
			'perennial-gift-blocks',
			plugins_url( 'assets/gift-blocks.js', FILE ),
			array( 'wc-blocks-checkout', 'wc-blocks-data-store', 'wp-plugins', 'wp-element', 'wp-data' ),
			VERSION,
			true
		);
	}

	/**
	 * What it says, and what the cart in this page tells of the choice: its room is kept from the start.
	 */
	public static function add_words(): void {
		$words = array(
			'told'     => self::$told,
			'no'       => Donation::NO,
			'days'     => Donation::NO_DAYS,
			'for'      => __( 'For', 'perennial-loyalty' ),
			/* translators: %s: a number of days. */
			'declined' => sprintf( __( 'No gift added. We won’t ask again for %s days.', 'perennial-loyalty' ), number_format_i18n( Donation::NO_DAYS ) ),
			'give'     => __( 'Give', 'perennial-loyalty' ),
			'failed'   => __( 'That did not work. Nothing was added.', 'perennial-loyalty' ),
		);
		wp_add_inline_script( 'perennial-gift-blocks', 'window.perennialGift=' . wp_json_encode( $words ) . ';', 'before' );
	}

	/**
	 * A cause as browsers need it.
	 *
	 * @param array $cause One.
	 * @return array
	 */
	private static function named( array $cause ): array {
		return array(
			'key'  => $cause['key'],
			'name' => $cause['name'],
			'ways' => array_keys( $cause['ways'] ),
		);
	}
}
