# WHAT UID ENTRYUUID [SESSION...]: the portal's sessions of a person. Run as the portal's user; says JSON.
use strict;
use warnings;
use DBI;
use JSON;

my ( $what, $uid, $entry, @ids ) = @ARGV;
my $conf = do {
    local $/ = undef;
    open my $in, '<', '/etc/lemonldap-ng/conf/lmConf-1.json' or die "$!\n";
    JSON::from_json( scalar <$in> );
};

sub table {
    my ($options) = @_;
    my $db = DBI->connect( @$options{qw(DataSource UserName Password)},
        { RaiseError => 1, PrintError => 0 } );
    return ( $db, $options->{TableName} );
}
my ( $db,     $sessions ) = table( $conf->{globalStorageOptions} );
my ( $tokens, $given )    = table( $conf->{oidcStorageOptions} );
my ( $kept, $lasting ) = table( $conf->{persistentStorageOptions} );
my $OWN  = "a_session ->> '_session_uid' = ?";
my $MINE = "a_session ->> '_session_kind' = 'SSO' AND a_session ->> 'uid' = ?";
my $HANG = "a_session ->> 'user_session_id' = ANY(?)";
my %do   = (
    list  => sub { $db->selectcol_arrayref( "SELECT id FROM $sessions WHERE $MINE", undef, $uid ) },
    count => sub {
        return {
            sessions => $db->selectrow_array( "SELECT count(*) FROM $sessions WHERE $MINE", undef, $uid ) + 0,
            'one-time links' =>
              $db->selectrow_array( 'SELECT count(*) FROM first_links WHERE entry::text = ?', undef, $entry ) + 0,
            tokens => $tokens->selectrow_array( "SELECT count(*) FROM $given WHERE $HANG", undef, \@ids ) + 0,
        };
    },
    make => sub {
        require Lemonldap::NG::Common::Session;
        my $made = Lemonldap::NG::Common::Session->new(
            storageModule        => $conf->{globalStorage},
            storageModuleOptions => $conf->{globalStorageOptions},
            kind                 => 'SSO',
            info                 => {
                uid                 => $uid,
                _user               => $uid,
                _utime              => time,
                _auth               => 'LDAP',
                authenticationLevel => 1,
                ipAddr              => '127.0.0.1',
                kootwijkProbe       => 1,
            }
        );
        die "no session was made\n" unless $made->id and not $made->error;
        return $made->id;
    },
    # What lasts: second factors, and when and from where the person logged in.
    traces => sub {
        return { "second factors and history of logins" =>
            $kept->selectrow_array( "SELECT count(*) FROM $lasting WHERE $OWN", undef, $uid ) + 0 };
    },
    erase  => sub { $kept->do( "DELETE FROM $lasting WHERE $OWN", undef, $uid ) + 0 },
    forget => sub {
        $db->do( 'DELETE FROM first_links WHERE entry::text = ?', undef, $entry );
        $tokens->do( "DELETE FROM $given WHERE $HANG", undef, \@ids ) + 0;
    },
    remove => sub { $db->do( "DELETE FROM $sessions WHERE id = ANY(?)", undef, \@ids ) + 0 },
    sweep  => sub { $db->do( "DELETE FROM $sessions WHERE $MINE AND a_session ->> 'kootwijkProbe' = '1'", undef, $uid ) + 0 },
);
print JSON->new->allow_nonref->encode( $do{$what}->() ), "\n";
