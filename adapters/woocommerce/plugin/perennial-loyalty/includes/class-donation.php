<?php
/**
 * A gift with the order: one engine for every cart and checkout.
 *
 * The shopper's choice lies in WooCommerce's session, and its money is a fee that is computed anew with
 * every total, from what the service told of the shop's causes. No amount a browser names is believed.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

use WC_Cart;
use WP_Error;

defined( 'ABSPATH' ) || exit;

/**
 * Amounts are whole numbers of the currency's smallest unit.
 */
final class Donation {

	const FEE      = 'perennial-donation';
	const META     = '_perennial_donation'; // On the fee's item and on the order: the cause's key.
	const CHOICE   = 'perennial_donation'; // In the session.
	const ROUND_UP = 'round_up';
	const NONE     = '0';
	const NO       = 'perennial_no_gift'; // A cookie: this browser said no, and is not asked for a while.
	const NO_DAYS  = 90;

	/**
	 * Take part in what WooCommerce does.
	 */
	public static function hook(): void {
		if ( ! self::is_set_up() ) {
			return;
		}
		add_action( 'woocommerce_cart_calculate_fees', array( self::class, 'add_fee' ), 1000 );
		add_action( 'woocommerce_checkout_create_order_fee_item', array( self::class, 'mark' ), 10, 4 );
		add_action( 'woocommerce_cart_emptied', array( self::class, 'forget' ) );
		Gift_Form::hook();
		Gift_Blocks::hook();
	}

	/**
	 * Whether this shop gives at all.
	 */
	public static function is_set_up(): bool {
		$told = Settings::is_paired() ? Settings::get( 'settings' ) : null;
		return is_array( $told ) && ! empty( $told['donation']['causes'] );
	}

	/**
	 * What may be given here and now; null in another currency than the programme's.
	 *
	 * @return array|null causes, amounts_minor, round_up_to_minor, currency, exponent.
	 */
	public static function offer(): ?array {
		if ( ! self::is_set_up() ) {
			return null;
		}
		$offer = Settings::get( 'settings' )['donation'];
		return get_woocommerce_currency() === $offer['currency'] ? $offer : null;
	}

	/**
	 * Take what a shopper says; what is not offered changes nothing.
	 *
	 * @param mixed  $gift     round_up, an amount in smallest units, or 0 for none.
	 * @param mixed  $cause    The cause's key.
	 * @param mixed  $currency What the amount is in.
	 * @param string $by       Which form said so.
	 * @return true|WP_Error
	 */
	public static function choose( $gift, $cause, $currency, string $by ) {
		$gift = is_int( $gift ) ? (string) $gift : $gift;
		if ( self::NONE === $gift || '' === $gift ) {
			self::forget();
			return true;
		}
		$offer = self::offer();
		if ( null === $offer ) {
			return self::refusal( 'donation_off' );
		}
		if ( $offer['currency'] !== $currency ) {
			return self::refusal( 'donation_currency' );
		}
		if ( null === self::cause( $offer, $cause ) ) {
			return self::refusal( 'donation_cause' );
		}
		if ( ! self::is_offered( $offer, $gift ) ) {
			return self::refusal( 'donation_amount' );
		}
		if ( self::ROUND_UP === $gift && self::is_whole( $offer ) && self::ROUND_UP !== ( self::chosen()['gift'] ?? '' ) ) {
			return self::refusal( 'donation_whole' );
		}
		WC()->session->set(
			self::CHOICE,
			array(
				'gift'  => $gift,
				'cause' => $cause,
				'by'    => $by,
			)
		);
		return true;
	}

	/**
	 * What the shopper chose, if it is offered still.
	 *
	 * @return array|null gift, cause, by.
	 */
	public static function chosen(): ?array {
		$chosen = WC()->session ? WC()->session->get( self::CHOICE ) : null;
		$offer  = is_array( $chosen ) ? self::offer() : null;
		if ( null === $offer || ! self::is_offered( $offer, $chosen['gift'] ) ) {
			return null;
		}
		return null === self::cause( $offer, $chosen['cause'] ) ? null : $chosen;
	}

	/**
	 * Nothing is given.
	 */
	public static function forget(): void {
		if ( WC()->session ) {
			WC()->session->set( self::CHOICE, null );
		}
	}

	/**
	 * Add what was chosen to the cart that is being totalled.
	 *
	 * @param WC_Cart $cart The cart.
	 */
	public static function add_fee( WC_Cart $cart ): void {
		$chosen = self::chosen();
		if ( null === $chosen ) {
			return;
		}
		$offer = self::offer();
		$minor = self::ROUND_UP === $chosen['gift'] ? self::gap( $offer, self::before( $cart, $offer ) ) : (int) $chosen['gift'];
		if ( $minor > 0 ) {
			$cart->fees_api()->add_fee(
				array(
					'id'      => self::FEE,
					/* translators: %s: name of a cause, such as a charity. */
					'name'    => sprintf( __( 'Gift to %s', 'perennial-loyalty' ), self::cause( $offer, $chosen['cause'] )['name'] ),
					'amount'  => $minor / 10 ** $offer['exponent'],
					'taxable' => false,
				)
			);
		}
	}

	/**
	 * An order's line says to whom it goes.
	 *
	 * @param \WC_Order_Item_Fee $item  The line.
	 * @param string             $key   The fee's.
	 * @param object             $fee   The cart's fee.
	 * @param \WC_Order          $order The order.
	 */
	public static function mark( $item, $key, $fee, $order ): void {
		$chosen = self::FEE === $fee->id ? self::chosen() : null;
		if ( null !== $chosen ) {
			$item->update_meta_data( self::META, $chosen['cause'] );
			$order->update_meta_data( self::META, $chosen['cause'] );
		} elseif ( $order->get_meta( self::META ) ) {
			$order->delete_meta_data( self::META );
		}
	}

	/**
	 * Whether this browser said no a while ago and has nothing chosen since.
	 */
	public static function is_declined(): bool {
		return isset( $_COOKIE[ self::NO ] ) && null === self::chosen();
	}

	/**
	 * What can be chosen now, as it is shown: values, words and money.
	 *
	 * @return array[] value, text, money.
	 */
	public static function options(): array {
		$offer   = self::offer();
		$chosen  = self::chosen();
		$total   = self::total( $offer );
		$gap     = self::gap( $offer, $total );
		$options = array();
		if ( $gap > 0 || ( $chosen && self::ROUND_UP === $chosen['gift'] ) ) {
			$options[] = array(
				'value' => self::ROUND_UP,
				/* translators: %s: an amount of money, such as $48.00. */
				'text'  => $gap > 0 ? sprintf( __( 'Round up to %s', 'perennial-loyalty' ), self::money( $offer, $total + $gap ) ) : __( 'Round up', 'perennial-loyalty' ),
				'money' => $gap > 0 ? self::money( $offer, $gap ) : '',
			);
		}
		foreach ( $offer['amounts_minor'] as $minor ) {
			$options[] = array(
				'value' => (string) $minor,
				'text'  => __( 'Give', 'perennial-loyalty' ),
				'money' => self::money( $offer, $minor ),
			);
		}
		$options[] = array(
			'value' => self::NONE,
			'text'  => __( 'Not this time', 'perennial-loyalty' ),
			'money' => '',
		);
		return $options;
	}

	/**
	 * How it stands, in a sentence.
	 */
	public static function said(): string {
		$chosen = self::chosen();
		if ( null === $chosen ) {
			return __( 'Nothing is added unless you choose.', 'perennial-loyalty' );
		}
		if ( self::ROUND_UP === $chosen['gift'] && self::is_whole( self::offer() ) ) {
			return __( 'Your total is a whole amount now, so nothing is added. It is rounded up when it is not.', 'perennial-loyalty' );
		}
		/* translators: %s: name of a cause. */
		return sprintf( __( 'Your gift to %s is in the total.', 'perennial-loyalty' ), self::cause( self::offer(), $chosen['cause'] )['name'] );
	}

	/**
	 * The question.
	 */
	public static function question(): string {
		$causes = self::offer()['causes'];
		if ( 1 < count( $causes ) ) {
			return __( 'Add a little for a good cause?', 'perennial-loyalty' );
		}
		/* translators: %s: name of a cause. */
		return sprintf( __( 'Add a little for %s?', 'perennial-loyalty' ), $causes[0]['name'] );
	}

	/**
	 * A sentence for a refusal's code.
	 *
	 * @param string $code The code.
	 */
	public static function refusal( string $code ): WP_Error {
		$words = array(
			'donation_off'      => __( 'Gifts are not open at the moment. Nothing was added.', 'perennial-loyalty' ),
			'donation_currency' => __( 'A gift in this currency is not offered. Nothing was added.', 'perennial-loyalty' ),
			'donation_cause'    => __( 'This cause is not offered. Choose again.', 'perennial-loyalty' ),
			'donation_amount'   => __( 'This gift is not offered. Choose again.', 'perennial-loyalty' ),
			'donation_whole'    => __( 'Your total is a whole amount already. Nothing was added.', 'perennial-loyalty' ),
		);
		return new WP_Error( $code, $words[ $code ] );
	}

	/**
	 * The cause of this key.
	 *
	 * @param array $offer What may be given.
	 * @param mixed $key   As somebody named it.
	 * @return array|null
	 */
	private static function cause( array $offer, $key ): ?array {
		foreach ( $offer['causes'] as $cause ) {
			if ( $cause['key'] === $key ) {
				return $cause;
			}
		}
		return null;
	}

	/**
	 * Whether a gift is one of those we offer; anything else that looks like a number is not.
	 *
	 * @param array $offer What may be given.
	 * @param mixed $gift  As somebody named it.
	 */
	private static function is_offered( array $offer, $gift ): bool {
		if ( self::ROUND_UP === $gift ) {
			return 1 < (int) $offer['round_up_to_minor'];
		}
		return is_string( $gift ) && in_array( $gift, array_map( 'strval', $offer['amounts_minor'] ), true );
	}

	/**
	 * What is missing to the next whole amount.
	 *
	 * @param array $offer What may be given.
	 * @param int   $total A total without gift.
	 */
	private static function gap( array $offer, int $total ): int {
		$unit = (int) $offer['round_up_to_minor'];
		return 0 < $total && 1 < $unit ? ( $unit - $total % $unit ) % $unit : 0;
	}

	/**
	 * Whether there is a total, and nothing of it to round up.
	 *
	 * @param array $offer What may be given.
	 */
	private static function is_whole( array $offer ): bool {
		$total = WC()->cart ? self::total( $offer ) : 0;
		return 0 < $total && 0 === self::gap( $offer, $total );
	}

	/**
	 * The total so far, while a cart is being totalled: goods, delivery, other fees, and their tax.
	 *
	 * @param WC_Cart $cart  The cart.
	 * @param array   $offer What may be given.
	 */
	private static function before( WC_Cart $cart, array $offer ): int {
		$total = (float) $cart->get_cart_contents_total() + (float) $cart->get_cart_contents_tax()
			+ (float) $cart->get_shipping_total() + (float) $cart->get_shipping_tax();
		foreach ( $cart->fees_api()->get_fees() as $fee ) {
			$total += (float) $fee->amount;
			if ( $fee->taxable && wc_tax_enabled() && ! $cart->get_customer()->get_is_vat_exempt() ) {
				$total += array_sum( \WC_Tax::calc_tax( $fee->amount, \WC_Tax::get_rates( $fee->tax_class, $cart->get_customer() ), false ) );
			}
		}
		return self::minor( $total, $offer );
	}

	/**
	 * The cart's total without our gift.
	 *
	 * @param array $offer What may be given.
	 */
	private static function total( array $offer ): int {
		$total = (float) WC()->cart->get_total( 'edit' );
		foreach ( WC()->cart->get_fees() as $fee ) {
			$total -= self::FEE === $fee->id ? (float) $fee->amount : 0;
		}
		return self::minor( $total, $offer );
	}

	/**
	 * WooCommerce's money as a whole number.
	 *
	 * @param float $amount In whole units.
	 * @param array $offer  What may be given.
	 */
	private static function minor( float $amount, array $offer ): int {
		return (int) round( wc_format_decimal( $amount, wc_get_price_decimals() ) * 10 ** $offer['exponent'] );
	}

	/**
	 * Money as this shop writes it, without markup.
	 *
	 * @param array $offer What may be given.
	 * @param int   $minor The amount.
	 */
	public static function money( array $offer, int $minor ): string {
		$price = wc_price( $minor / 10 ** $offer['exponent'], array( 'in_span' => false ) );
		return self::in_order( html_entity_decode( wp_strip_all_tags( $price ), ENT_QUOTES, 'UTF-8' ) );
	}

	/**
	 * A figure with its sign, kept in its order inside Arabic text.
	 *
	 * @param string $figure Any.
	 */
	public static function in_order( string $figure ): string {
		return is_rtl() ? "\u{2066}$figure\u{2069}" : $figure;
	}
}
