package Lemonldap::NG::Portal::Plugins::LogoutTokens;

# Tell clients until when a logout token is good. The standard asks for it, 2.21 leaves it out, and
# Nextcloud logs nobody out then.
# https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
use strict;
use warnings;
use Lemonldap::NG::Portal::Lib::OpenIDConnect;
use Mouse;

extends 'Lemonldap::NG::Portal::Main::Plugin';

my $SECONDS = 120;

sub init {
    my $make = Lemonldap::NG::Portal::Lib::OpenIDConnect->can('createJWT');
    no warnings 'redefine';
    *Lemonldap::NG::Portal::Lib::OpenIDConnect::createJWT = sub {
        my ( $self, $payload, @more ) = @_;
        $payload->{exp} //= time + $SECONDS if $payload->{events};
        return $self->$make( $payload, @more );
    };
    return 1;
}

1;
